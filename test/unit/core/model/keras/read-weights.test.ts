import assert from 'node:assert/strict';
import { readTopology } from '../../../../../core/model/keras/read-topology.js';
import { readKerasWeights, weightFiles } from '../../../../../core/model/keras/read-weights.js';
import { FLAT, LOGITS, sequentialOf } from '../../../../support/keras-json.js';

describe('weights of a LayersModel', () => {
  const architecture = readTopology(sequentialOf(FLAT, LOGITS));
  const kernel = { name: 'net/logits/kernel', shape: [36, 3], dtype: 'float32' };
  const bias = { name: 'logits_1/logits/bias', shape: [3], dtype: 'float32' };
  const manifestOf = (...groups: unknown[]) => ({ weightsManifest: groups });
  const bytes = new Uint8Array(Float32Array.from({ length: 111 }, (_, i) => i).buffer);

  it('weights in several files and groups, named as TensorFlow names them', () => {
    const json = manifestOf({ paths: ['a.bin', 'b.bin'], weights: [kernel] }, { paths: ['c.bin'], weights: [bias] });
    assert.deepEqual(weightFiles(json), ['a.bin', 'b.bin', 'c.bin']);
    const read = readKerasWeights(json, architecture, bytes);
    assert.deepEqual(
      [...read['logits.kernel']!.data],
      Array.from({ length: 108 }, (_, i) => i),
    );
    assert.deepEqual([...read['logits.bias']!.data], [108, 109, 110]);
  });

  it('passes over what an optimizer has saved beside them', () => {
    const saved = [
      { name: 'iter', shape: [], dtype: 'int32', group: 'optimizer' },
      kernel,
      { name: 'Adam/logits/kernel/m', shape: [36, 3], dtype: 'float32', group: 'optimizer' },
      bias,
    ];
    const values = [...Array.from({ length: 109 }, (_, i) => i - 1), ...Array.from({ length: 108 }, () => 7), 1, 2, 3];
    const given = new Uint8Array(Float32Array.from(values).buffer);
    const read = readKerasWeights(manifestOf({ paths: ['weights.bin'], weights: saved }), architecture, given);
    assert.deepEqual(
      [...read['logits.kernel']!.data],
      Array.from({ length: 108 }, (_, i) => i),
    );
    assert.deepEqual([...read['logits.bias']!.data], [1, 2, 3]);
  });

  const group = { paths: ['weights.bin'], weights: [kernel, bias] };
  const wrongWeights: readonly (readonly [string, unknown, RegExp])[] = [
    [
      'a path that leads elsewhere',
      manifestOf({ ...group, paths: ['../weights.bin'] }),
      /paths: expected names of files beside model\.json, got "\.\.\/weights\.bin"$/,
    ],
    ['an absolute path', manifestOf({ ...group, paths: ['/etc/passwd'] }), /paths: expected names of files/],
    ['one file twice', manifestOf(group, group), /paths: expected each file once, got "weights\.bin"$/],
    ['no manifest', {}, /^model\.json: weightsManifest: expected a list of files and their weights, got none$/],
    [
      'quantized weights',
      manifestOf({ ...group, weights: [kernel, { ...bias, quantization: { dtype: 'uint8' } }] }),
      /logits_1\/logits\/bias: expected float32, not quantized/,
    ],
    [
      'a weight of no layer',
      manifestOf({ ...group, weights: [kernel, { ...bias, name: 'other/bias' }] }),
      /weightsManifest: other\/bias: expected a weight of a layer of the network, got none of that name$/,
    ],
    [
      'too few bytes',
      manifestOf({ ...group, weights: [kernel, { ...bias, shape: [4] }] }),
      /^weights: weights\.bin: expected 448 bytes, got 444$/,
    ],
    [
      'another shape',
      manifestOf({ ...group, weights: [{ ...kernel, shape: [3, 36] }, bias] }),
      /^weights: logits\.kernel: expected float32 \[36, 3\], got \[3, 36\]$/,
    ],
    [
      'a weight too few',
      manifestOf({ ...group, weights: [kernel] }),
      /^weights: weights\.bin: expected 432 bytes, got 444$/,
    ],
  ];
  for (const [what, json, message] of wrongWeights) {
    it(`refuses weights with ${what}`, () => {
      const read = () => {
        weightFiles(json);
        return readKerasWeights(json, architecture, bytes);
      };
      assert.throws(read, { name: 'DomainError', kind: 'invalid-input', message });
    });
  }
});
