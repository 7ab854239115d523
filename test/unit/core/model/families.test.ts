import assert from 'node:assert/strict';
import { architectureOf, sizedFamily } from '../../../../core/model/families.js';
import { LENET5, lenet } from '../../../../core/model/lenet.js';
import { buildModel } from '../../../../core/model/model.js';
import { parseArchitecture } from '../../../../core/model/parse-architecture.js';
import { wrn } from '../../../../core/model/wrn.js';

const GREY = [28, 28, 1] as const;
const COLOUR = [32, 32, 3] as const;

function parameterCount(name: string, inputShape: readonly [number, number, number]): number {
  const { parameters } = buildModel(architectureOf(sizedFamily(name, []), inputShape, 10));
  return Object.values(parameters).reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

describe('families of architectures', () => {
  it('go by their names, with sizes beside or within them', () => {
    assert.deepEqual(sizedFamily('', []), { name: 'lenet', sizes: [32, 64, 1024] });
    assert.deepEqual(sizedFamily('lenet5', []), { name: 'lenet', sizes: [32, 64, 1024] });
    assert.deepEqual(sizedFamily('wrn', []), { name: 'wrn', sizes: [28, 4] });
    assert.deepEqual(sizedFamily('wrn-28-4', []), { name: 'wrn', sizes: [28, 4] });
    assert.deepEqual(sizedFamily('wrn-28-4', [28, 4]), { name: 'wrn', sizes: [28, 4] });
    assert.deepEqual(sizedFamily('mlp', [7]), { name: 'mlp', sizes: [7] });
    assert.deepEqual(sizedFamily('mlp-300-200-100', []), { name: 'mlp', sizes: [300, 200, 100] });
    assert.deepEqual(sizedFamily('cnn', []), { name: 'cnn', sizes: [16, 32, 128] });
    assert.deepEqual(sizedFamily('cnn-8-100', []), { name: 'cnn', sizes: [8, 100] });
  });

  it('every depth 6n + 4 and every width makes a Wide ResNet', () => {
    for (const depth of [10, 16, 22, 34, 40, 1000])
      for (const width of [1, 3, 10, 64])
        assert.deepEqual(sizedFamily(`wrn-${depth}-${width}`, []), { name: 'wrn', sizes: [depth, width] });
    assert.equal(architectureOf(sizedFamily('wrn-22-3', []), COLOUR, 10).layers.length, 2 + 9 + 4);
  });

  it('build what they say', () => {
    assert.deepEqual(architectureOf(sizedFamily('lenet5', []), GREY, 10), lenet(LENET5));
    assert.deepEqual(architectureOf(sizedFamily('wrn-16-2', []), [9, 7, 1], 3), wrn(16, 2, [9, 7, 1], 3));
    assert.deepEqual(buildModel(architectureOf(sizedFamily('cnn-4-6-5', []), [9, 7, 2], 3)).parameters, {
      ...{ 'conv1.kernel': [3, 3, 2, 4], 'conv1.bias': [4], 'conv2.kernel': [3, 3, 4, 6], 'conv2.bias': [6] },
      // 9 × 7 → 5 × 4 → 3 × 2
      ...{ 'dense1.kernel': [36, 5], 'dense1.bias': [5], 'dense2.kernel': [5, 3], 'dense2.bias': [3] },
    });
    assert.deepEqual(buildModel(architectureOf(sizedFamily('mlp-4-6', []), [3, 2, 2], 3)).parameters, {
      ...{ 'dense1.kernel': [12, 4], 'dense1.bias': [4], 'dense2.kernel': [4, 6], 'dense2.bias': [6] },
      ...{ 'dense3.kernel': [6, 3], 'dense3.bias': [3] },
    });
  });

  // Counted by hand, and for LeNet5 and the Wide ResNets by PyTorch.
  for (const [name, inputShape, count] of [
    ['lenet5', GREY, 3_274_634],
    ['wrn-10-1', COLOUR, 77_850],
    ['wrn-22-3', COLOUR, 2_421_786],
    ['wrn-28-4', COLOUR, 5_849_050],
    ['mlp-256-128', GREY, 784 * 256 + 256 + 256 * 128 + 128 + 1290],
    ['cnn-16-32-128', GREY, 160 + (9 * 16 * 32 + 32) + (49 * 32 * 128 + 128) + 1290],
  ] as const)
    it(`${name} has ${count} parameters`, () => {
      assert.equal(parameterCount(name, inputShape), count);
    });

  it('read back from a file as they were', () => {
    for (const name of ['lenet5', 'wrn-40-10', 'mlp', 'cnn-8-8-8-8-8-8-8-8-16']) {
      const architecture = architectureOf(sizedFamily(name, []), COLOUR, 10);
      assert.deepEqual(parseArchitecture(JSON.parse(JSON.stringify(architecture))), architecture);
    }
  });

  const expected =
    'architecture: expected one of lenet, wrn, mlp, cnn, alone or with sizes as in wrn-28-4, or lenet5, got';
  for (const [name, sizes, message] of [
    ['resnet', [], `${expected} "resnet"`],
    ['wrn-', [], `${expected} "wrn-"`],
    ['wrn-28-x', [], `${expected} "wrn-28-x"`],
    ['wrn-28-4.5', [], `${expected} "wrn-28-4.5"`],
    ['constructor', [], `${expected} "constructor"`],
    ['x'.repeat(200), [], `${expected} "${'x'.repeat(80)}…"`],
    ['wrn-27-4', [], 'architecture: expected a depth of 6n + 4: 10, 16, 22, 28, … up to 1000, got 27'],
    ['wrn-4-4', [], /6n \+ 4.*got 4$/],
    ['wrn-1006-1', [], /up to 1000, got 1006$/],
    ['wrn-28-0', [], 'architecture: expected a width from 1 to 64, got 0'],
    ['wrn-28', [], 'architecture: expected depth, width for wrn, got [28]'],
    ['wrn-28-4-2', [], 'architecture: expected depth, width for wrn, got [28, 4, 2]'],
    ['wrn', [10, 2.5], 'sizes[1]: expected a width from 1 to 64, got 2.5'],
    ['wrn-28-4', [10, 1], 'sizes: expected none beside "wrn-28-4", which names them, got [10, 1]'],
    ['lenet', [1, 2], 'sizes: expected filters, filters, hidden units for lenet, got [1, 2]'],
    ['lenet', [1, 2, 9000], 'sizes[2]: expected a number of hidden units from 1 to 8192, got 9000'],
    ['cnn', [5], 'sizes: expected 1 to 8 numbers of filters, hidden units for cnn, got [5]'],
    ['cnn', [5, NaN], /^sizes\[1\]: expected a number of hidden units/],
    ['mlp', Array<number>(9).fill(1), /^sizes: expected 1 to 8 numbers of hidden units for mlp/],
  ] as [string, number[], string | RegExp][])
    it(`refuse ${name.slice(0, 20)} [${sizes.join(', ')}]`, () => {
      assert.throws(() => sizedFamily(name, sizes), { name: 'DomainError', kind: 'invalid-input', message });
    });
});
