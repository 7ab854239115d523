import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { downloadWheels, findPip } from '../../core/engine/install/pip.js';
import { ADDON_FILE } from '../../core/engine/torch/addon-binding.js';
import { installTorch } from '../../core/engine/torch/install/install-torch.js';
import { messageOf } from '../../core/errors.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const VERSION = '2.14.1';
/**
 * What this PyTorch asks for by itself and by its requirement cuda-toolkit: by name, so that a mirror without the packages that only Python
 * needs will do.
 */
const CUDA_WHEELS = [
  'nvidia-cublas==13.1.1.3',
  'nvidia-cuda-cccl==13.0.*',
  'nvidia-cuda-crt==13.0.88',
  'nvidia-cuda-cupti==13.0.85',
  'nvidia-cuda-nvrtc==13.0.88',
  'nvidia-cuda-runtime==13.0.96',
  'nvidia-cudnn-cu13==9.24.0.43',
  'nvidia-cufft==12.0.0.61',
  'nvidia-cufile==1.15.1.6',
  'nvidia-curand==10.4.0.35',
  'nvidia-cusolver==12.0.4.66',
  'nvidia-cusparse==12.6.3.3',
  'nvidia-cusparselt-cu13==0.8.1',
  'nvidia-nccl-cu13==2.30.7',
  'nvidia-nvjitlink>=13.0.88,<14',
  'nvidia-nvshmem-cu13==3.4.5',
  'nvidia-nvtx==13.0.85',
];

/** Downloads some gigabytes, and needs about ten on the disk while it builds. */
describe(`the engine torch against PyTorch ${VERSION} for CUDA`, () => {
  const directory = temporaryDirectory();

  it('compiles and links with NCCL, loads without a GPU, and says that it sees none', async function () {
    const lines: string[] = [];
    const report = (line: string): void => {
      lines.push(line);
    };
    // Asked for first, so that a machine without pip or without the package skips, and a failure of the build fails.
    const wheels = await findPip()
      .then((pip) =>
        downloadWheels(pip, [`torch==${VERSION}`, ...CUDA_WHEELS], join(directory(), 'wheels'), { report }),
      )
      .catch((error: unknown) => {
        this.test!.title += ` (skipped: ${messageOf(error).split('\n')[0]})`;
        this.skip();
      });
    const torch = wheels.find((wheel) => basename(wheel).startsWith('torch-'))!;
    await mkdir(join(directory(), 'engines'));
    const place = join(directory(), 'engines/torch');
    const built = await installTorch({ from: torch, place, report });
    assert.equal(built.library, `PyTorch ${VERSION}`);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('leaving out')),
      [],
    );
    const symbols = execFileSync('nm', ['-DC', join(place, ADDON_FILE)], { encoding: 'utf8' });
    assert.match(symbols, /maxmargin::ncclBackend/);
    const gpus = built.devices.filter(({ id }) => id !== 'cpu');
    assert.equal(built.missingGpu, gpus.length > 0 ? undefined : 'built for CUDA, but no GPU is visible');
  });
});
