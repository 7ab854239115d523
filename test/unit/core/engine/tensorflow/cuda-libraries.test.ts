import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  cudaDirectoryName,
  cudaRequirements,
  librariesOpenedByName,
  placeOfCudaFile,
} from '../../../../../core/engine/tensorflow/install/cuda-libraries.js';
import { temporaryDirectory } from '../../../../support/temporary-directory.js';

const METADATA = `Name: tensorflow
Requires-Dist: numpy>=1.26.0
Provides-Extra: and-cuda
Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"
Requires-Dist: nvidia-cuda-runtime-cu12 (==12.3.101) ; extra == 'and-cuda'
Requires-Dist: nvidia-other-cu12==1; extra == "other"
`;

describe("TensorFlow's CUDA", () => {
  const directory = temporaryDirectory();

  it('is what the extra and-cuda of a wheel names', () => {
    const requirements = ['nvidia-cublas-cu12<13.0,>=12.5.3.2', 'nvidia-cuda-runtime-cu12==12.3.101'];
    assert.deepEqual(cudaRequirements(METADATA), requirements);
    assert.deepEqual(requirements.map(cudaDirectoryName), ['cublas', 'cuda_runtime']);
    assert.deepEqual(cudaRequirements('Name: tensorflow-cpu\n'), []);
  });

  it('is unpacked without headers and Python', () => {
    const kept = [
      'nvidia/cublas/lib/libcublas.so.12',
      'nvidia/cuda_nvcc/bin/ptxas',
      'nvidia/cuda_nvcc/nvvm/libdevice/a.bc',
    ];
    const left = ['nvidia/cublas/include/cublas.h', 'nvidia/__init__.py', 'nvidia_cublas_cu12-12.dist-info/METADATA'];
    assert.deepEqual([...kept, ...left].map(placeOfCudaFile), [...kept, undefined, undefined, undefined]);
  });

  it('is linked with where libtensorflow opens it by name', async () => {
    const files = [
      'cublas/lib/libcublas.so.12',
      'cublas/lib/libnvblas.so.12',
      'cudnn/lib/libcudnn.so.9',
      'cudnn/lib/libcudnn_ops.so.9',
    ];
    for (const file of files) {
      const path = join(directory(), 'nvidia', file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, '');
    }
    assert.deepEqual(await librariesOpenedByName(directory()), [
      { directory: 'nvidia/cublas/lib', name: 'libcublas.so.12' },
      { directory: 'nvidia/cudnn/lib', name: 'libcudnn.so.9' },
    ]);
    assert.deepEqual(await librariesOpenedByName(join(directory(), 'nvidia')), []);
  });
});
