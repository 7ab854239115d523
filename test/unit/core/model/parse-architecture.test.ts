import assert from 'node:assert/strict';
import type { Architecture, Layer } from '../../../../core/model/architecture.js';
import { lenet, LENET5 } from '../../../../core/model/lenet.js';
import { parseArchitecture } from '../../../../core/model/parse-architecture.js';
import { wrn } from '../../../../core/model/wrn.js';

const FLAT: Layer = { kind: 'flatten' };

function of(inputShape: Architecture['inputShape'], classes: number, ...layers: Layer[]): Architecture {
  return { family: 'test', inputShape, classes, layers };
}

const conv: Layer = { kind: 'conv2d', name: 'c', filters: 1, kernelSize: 3, stride: 1, bias: true };
const dense: Layer = { kind: 'dense', name: 'd', units: 2 };

describe('parsed architectures', () => {
  it('are what was written', () => {
    for (const architecture of [lenet(LENET5), wrn(28, 10)]) {
      assert.deepEqual(parseArchitecture(JSON.parse(JSON.stringify(architecture))), architecture);
    }
  });

  const base = of([4, 4, 1], 2, conv, FLAT, dense);
  const bad: readonly [unknown, RegExp][] = [
    [null, /^architecture: expected an object, got null$/],
    [{ ...base, family: '../x' }, /^architecture\.family/],
    [{ ...base, inputShape: [4, 4] }, /^architecture\.inputShape: expected \[height, width, channels\], got \[4,4\]$/],
    [{ ...base, inputShape: [4, 1e9, 1] }, /^architecture\.inputShape/],
    [{ ...base, classes: 0 }, /^architecture\.classes/],
    [{ ...base, layers: {} }, /^architecture\.layers/],
    [
      { ...base, layers: [{ kind: 'toString' }] },
      /^architecture\.layers\[0\]\.kind: expected a known kind of layer, got "toString"$/,
    ],
    [
      { ...base, layers: [{ ...conv, kernelSize: 4 }] },
      /^architecture\.layers\[0\]\.kernelSize: expected odd size, got 4$/,
    ],
    [{ ...base, layers: [{ ...conv, name: 'a/b' }] }, /^architecture\.layers\[0\]\.name/],
    [{ ...base, layers: [{ ...conv, filters: -1 }] }, /^architecture\.layers\[0\]\.filters: expected size, got -1$/],
    [{ ...base, layers: [{ ...conv, bias: 1 }] }, /^architecture\.layers\[0\]\.bias/],
    [{ ...base, layers: [conv] }, /^architecture: layers: expected to end in 2 logits/],
  ];
  for (const [value, message] of bad) {
    it(`refuse ${JSON.stringify(value).slice(0, 100)}`, () => {
      assert.throws(() => parseArchitecture(value), { kind: 'invalid-input', message });
    });
  }
});
