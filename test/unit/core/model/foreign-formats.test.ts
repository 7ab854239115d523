import assert from 'node:assert/strict';
import { importSafetensors } from '../../../../core/model/import-weights.js';
import { mlp } from '../../../../core/model/mlp.js';
import { buildModel } from '../../../../core/model/model.js';
import { writeSafetensors } from '../../../../core/model/safetensors.js';
import { initialWeights } from '../../../../core/model/weights.js';
import { createRandom } from '../../../../core/random.js';

const zipOf = (name: string): Buffer => Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(26), Buffer.from(name)]);

describe('weights in another format', () => {
  const files: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['a PyTorch file', zipOf('archive/data.pkl'), /safetensors\.torch\.save_file.*got a PyTorch file \(\.pt\)$/],
    ['a Keras 3 file', zipOf('model.weights.h5'), /tensorflowjs_converter.*got a Keras 3 file \(\.keras\)$/],
    ['a NumPy archive', zipOf('dense1.kernel.npy'), /safetensors\.numpy.*got a NumPy archive \(\.npz\)$/],
    ['another archive', zipOf('readme.txt'), /got a zip archive$/],
    ['a pickle', Buffer.of(0x80, 0x02, 0x7d), /safetensors\.torch\.save_file.*got a Python pickle$/],
    ['an HDF5 file', Buffer.from('\x89HDF\r\n', 'latin1'), /got an HDF5 file$/],
    ['a NumPy array', Buffer.from('\x93NUMPY\x01', 'latin1'), /got a NumPy array$/],
  ];
  for (const [what, bytes, message] of files) {
    it(`is refused with what to do: ${what}`, () => {
      assert.throws(() => importSafetensors('mlp', bytes), { kind: 'invalid-input', message });
    });
  }

  it('of a network of one output is refused', () => {
    const weights = initialWeights(buildModel(mlp([4], [2, 2, 1], 2)), createRandom(1));
    const one = {
      ...weights,
      'dense2.kernel': { shape: [4, 1], data: new Float32Array(4) },
      'dense2.bias': { shape: [1], data: new Float32Array(1) },
    };
    assert.throws(() => importSafetensors('mlp', writeSafetensors(one)), { kind: 'invalid-input' });
  });
});
