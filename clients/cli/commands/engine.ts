import { access } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { engineDirectory } from '../../../core/engine/install/engine-directory.js';
import type { Installation } from '../../../core/engine/install/programs.js';
import type { Verification } from '../../../core/engine/install/verify-engine.js';
import { installTensorflow } from '../../../core/engine/tensorflow/install/install-tensorflow.js';
import {
  TENSORFLOW_PACKAGES,
  type TensorflowPackage,
} from '../../../core/engine/tensorflow/install/tensorflow-libraries.js';
import { installTorch } from '../../../core/engine/torch/install/install-torch.js';
import { command } from '../../../host/config/command.js';
import { printResult } from '../output/print.js';
import { formatFields } from '../output/table.js';
import { withOutput, type OutputOptions } from '../shared-options.js';
import { stopOnSignals } from '../stop-on-signals.js';

/** There where NVIDIA's driver is loaded. */
const NVIDIA_DRIVER = '/proc/driver/nvidia/version';

interface EngineOptions extends OutputOptions {
  readonly from: string;
}

/** What an engine did, and which devices it sees if it knows several. */
type Built = Verification & {
  readonly devices?: readonly { readonly id: string; readonly name: string }[];
  readonly missingGpu?: string;
};

/** `maxmargin engine …`: builds engines whose native part depends on what this machine has. */
export function engineCommand(): Command {
  return command('engine', 'Build an engine for this machine')
    .addCommand(tensorflowCommand())
    .addCommand(torchCommand());
}

function tensorflowCommand(): Command {
  const tensorflow = command('tensorflow', 'Make --engine tensorflow run on a TensorFlow from 2.9 to the newest')
    .option(
      '--from <where>',
      'pip, pip=VERSION, a wheel file, site-packages/tensorflow, or the directory of an unpacked libtensorflow archive',
      'pip',
    )
    .addOption(
      new Option(
        '--package <name>',
        'what pip downloads; tensorflow comes with CUDA (default: tensorflow where there is an NVIDIA driver, else tensorflow-cpu)',
      ).choices(TENSORFLOW_PACKAGES),
    );
  return withOutput(
    tensorflow,
    'maxmargin engine tensorflow\nmaxmargin engine tensorflow --from pip=2.16.1 --package tensorflow-cpu',
  ).action(async ({ from, json, ...options }: EngineOptions & { readonly package?: TensorflowPackage }) => {
    const packageName = options.package ?? ((await hasNvidiaDriver()) ? 'tensorflow' : 'tensorflow-cpu');
    await build('tensorflow', json, (place, installation) =>
      installTensorflow({ ...installation, from, packageName, place }),
    );
  });
}

function torchCommand(): Command {
  const torch = command('torch', 'Build --engine torch against a libtorch').option(
    '--from <where>',
    'pip, pip=VERSION, a wheel file, site-packages/torch, the directory of an unpacked libtorch archive, or debian (libtorch-dev)',
    'pip',
  );
  return withOutput(torch, 'maxmargin engine torch\nmaxmargin engine torch --from ~/libtorch').action(
    async ({ from, json }: EngineOptions) => {
      await build('torch', json, (place, installation) => installTorch({ ...installation, from, place }));
    },
  );
}

/** Builds into the engine's directory, says each step on stderr, and prints what the engine is. */
async function build(
  name: string,
  json: boolean | undefined,
  install: (place: string, installation: Installation) => Promise<Built>,
): Promise<void> {
  const place = engineDirectory(name);
  const stop = new AbortController();
  const release = stopOnSignals(() => {
    stop.abort();
  });
  const report = (line: string): void => {
    process.stderr.write(`${name}: ${line}\n`);
  };
  try {
    const verified = await install(place, { report, signal: stop.signal });
    printResult(json, { engine: name, directory: place, ...verified }, () =>
      formatFields([
        ['engine', name],
        ['library', verified.library],
        ['device', verified.device],
        ...(verified.devices === undefined ? [] : ([['devices', describeDevices(verified)]] as const)),
        ['small training', `cross-entropy from ${verified.lossBefore.toFixed(3)} to ${verified.lossAfter.toFixed(3)}`],
        ['directory', place],
      ]),
    );
  } finally {
    release();
  }
}

function describeDevices({ devices = [], missingGpu }: Built): string {
  const names = devices.map(({ id, name }) => (id === name ? id : `${id} (${name})`)).join(', ');
  return missingGpu === undefined ? names : `${names} (${missingGpu})`;
}

function hasNvidiaDriver(): Promise<boolean> {
  return access(NVIDIA_DRIVER).then(
    () => true,
    () => false,
  );
}
