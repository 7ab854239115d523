import assert from 'node:assert/strict';
import {
  backend_util,
  conv2d,
  fused,
  grad,
  grads,
  matMul,
  maxPool,
  relu,
  reshape,
  softplus,
  square,
  sum,
  tensor,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Rank, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { createRandom } from '../../../../core/random.js';
import { sizeOf } from '../../../../core/shape.js';
import {
  convolve,
  convolveBackFilter,
  convolveBackInput,
  maxPoolBack,
  multiply,
  type Shape4D,
} from '../../../support/engine-reference.js';
import { assertNear } from '../../../support/near.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

/** float32 sums of a few hundred products, relative to the largest. */
const TOLERANCE = 1e-5;
const CASES = 60;

type Pair = [number, number];
type Four = [Tensor, Tensor, Tensor, Tensor];
// One number for all sides is left out: TensorFlow.js computes the output's width from the filter's height then.
type Padding = 'same' | 'valid' | [Pair, Pair, Pair, Pair];

describe(`numerics of engine ${TEST_ENGINE}`, () => {
  let engine: Engine;
  const random = createRandom(20200426n);
  const between = (low: number, high: number): number => low + random.below(high - low + 1);
  const oneOf = <T>(...values: readonly T[]): T => values[random.below(values.length)]!;
  const values = (shape: readonly number[]): Float32Array =>
    random.uniforms(sizeOf(shape)).map((value) => 2 * value - 1);
  const dispose = (...tensors: Tensor[]): void => {
    for (const each of tensors) each.dispose();
  };

  before(async () => {
    engine = await openEngine(TEST_ENGINE);
  });

  let alive: number;
  beforeEach(() => {
    alive = engine.memory().numTensors;
  });
  afterEach(() => {
    assert.equal(engine.memory().numTensors, alive, 'tensors are left over');
  });

  /** A convolution that gives at least one window. */
  function convolution(): { input: Shape4D; filter: Shape4D; strides: Pair; pad: Padding } {
    const filter: Shape4D = [between(1, 5), between(1, 5), oneOf(1, 2, 3, 8, 9), oneOf(1, 2, 7, 8, 17)];
    const input: Shape4D = [between(1, 4), between(filter[0], 11), between(filter[1], 11), filter[2]];
    const strides: Pair = [between(1, 3), between(1, 3)];
    const uneven = (extent: number): Pair => [random.below(extent + 1), random.below(extent + 1)];
    const pad = oneOf<Padding>('same', 'valid', [[0, 0], uneven(filter[0]), uneven(filter[1]), [0, 0]]);
    // Every tenth is a wide one, for which engines have ways of their own.
    if (random.below(10) === 0) {
      const wide: Shape4D = [5, between(3, 5), 32, 32];
      return {
        input: [2, 2 * between(3, 5), between(5, 8), 32] as Shape4D,
        filter: wide,
        strides: [1, 1] as Pair,
        pad: oneOf<Padding>('same', [
          [0, 0],
          [1, 3],
          [2, 0],
          [0, 0],
        ]),
      };
    }
    return { input, filter, strides, pad };
  }

  /** What a stock kernel is known to get wrong, whatever the random ones meet. */
  const known: readonly ReturnType<typeof convolution>[] = [
    // libtensorflow 2.21 with oneDNN: uneven strides, one input channel, a result one pixel wide.
    { input: [3, 8, 5, 1], filter: [1, 5, 1, 1], strides: [1, 2], pad: 'valid' },
    // The stock wasm backend: a stride larger than the filter, padded to the same size.
    { input: [3, 10, 11, 3], filter: [2, 1, 3, 7], strides: [3, 3], pad: 'same' },
  ];

  for (const { input, filter, strides, pad } of [...known, ...Array.from({ length: CASES }, convolution)]) {
    it(`convolves ${input.join('×')} with ${filter.join('×')}, strides ${strides.join('×')}, pad ${JSON.stringify(pad)}, and differentiates`, () => {
      const info = backend_util.computeConv2DInfo(input, filter, strides, 1, pad);
      const [x, w, dy] = [values(input), values(filter), values(info.outShape)];
      const tensors = [tensor(x, input), tensor(w, filter), tensor(dy, info.outShape)] as const;
      const y = conv2d(tensors[0] as Tensor4D, tensors[1] as Tensor4D, strides, pad);
      const [dx, dw] = grads((images, kernel) => conv2d(images as Tensor4D, kernel as Tensor4D, strides, pad))(
        [tensors[0], tensors[1]],
        tensors[2],
      );
      assertNear(y.dataSync(), convolve(info, x, w), TOLERANCE, 'y');
      assertNear(dx!.dataSync(), convolveBackInput(info, dy, w), TOLERANCE, 'dx');
      assertNear(dw!.dataSync(), convolveBackFilter(info, x, dy), TOLERANCE, 'dw');
      assert.deepEqual([dx!.shape, dw!.shape], [input, filter]);
      dispose(...tensors, y, dx!, dw!);
    });
  }

  for (let i = 0; i < 12; i++) {
    const filter: Shape4D = [between(1, 3), between(1, 3), between(1, 4), between(1, 9)];
    const input: Shape4D = [between(1, 3), between(7, 10), between(7, 10), filter[2]];
    const dilations: Pair = [between(1, 3), between(1, 3)];
    const pad = oneOf('same' as const, 'valid' as const);
    it(`convolves ${input.join('×')} with ${filter.join('×')}, dilations ${dilations.join('×')}, pad ${pad}`, () => {
      const info = backend_util.computeConv2DInfo(input, filter, 1, dilations, pad);
      const [x, w] = [values(input), values(filter)];
      const y = tidy(() => conv2d(tensor<Rank.R4>(x, input), tensor<Rank.R4>(w, filter), 1, pad, 'NHWC', dilations));
      assertNear(y.dataSync(), convolve(info, x, w), TOLERANCE, 'y');
      y.dispose();
    });
  }

  for (let i = 0; i < CASES; i++) {
    // The last two are large enough for the wasm engine to turn the product around.
    const sizes =
      i < CASES - 2
        ? ([oneOf(1, 2, 5, 50), oneOf(1, 3, 8, 33), oneOf(1, 2, 9, 70)] as const)
        : ([20, 513, 512 + i] as const);
    const [transposeA, transposeB] = [random.below(2) === 1, random.below(2) === 1];
    const leading = oneOf<readonly number[]>([], [], [1]);
    it(`multiplies ${sizes.join(' · ')}${transposeA ? ', A transposed' : ''}${transposeB ? ', B transposed' : ''}${leading.length > 0 ? ', rank 3' : ''}, and differentiates`, () => {
      const [rows, inner, columns] = sizes;
      const shapeA = [...leading, ...(transposeA ? [inner, rows] : [rows, inner])];
      const shapeB = [...leading, ...(transposeB ? [columns, inner] : [inner, columns])];
      const [a, b, dy] = [values(shapeA), values(shapeB), values([rows, columns])];
      const product = (x: Tensor, y: Tensor): Tensor2D => matMul(x as Tensor2D, y as Tensor2D, transposeA, transposeB);
      const tensors = [tensor(a, shapeA), tensor(b, shapeB), tensor(dy, [...leading, rows, columns])] as const;
      const y = product(tensors[0], tensors[1]);
      const bias = values([columns]);
      const biasTensor = tensor1d(bias);
      const activated = fused.matMul({
        a: tensors[0],
        b: tensors[1],
        transposeA,
        transposeB,
        bias: biasTensor,
        activation: 'relu',
      });
      const [da, db] = grads(product)([tensors[0], tensors[1]], tensors[2]);
      const expected = multiply(a, b, sizes, transposeA, transposeB);
      assertNear(y.dataSync(), expected, TOLERANCE, 'AB');
      assert.deepEqual(y.shape, [...leading, rows, columns]);
      assertNear(
        activated.dataSync(),
        expected.map((value, j) => Math.max(0, value + bias[j % columns]!)),
        TOLERANCE,
        'relu(AB + b)',
      );
      // dA = dY · op(B)ᵀ, dB = op(A)ᵀ · dY, each transposed again where the operand was.
      const expectedA = transposeA
        ? multiply(b, dy, [inner, columns, rows], transposeB, true)
        : multiply(dy, b, [rows, columns, inner], false, !transposeB);
      const expectedB = transposeB
        ? multiply(dy, a, [columns, rows, inner], true, transposeA)
        : multiply(a, dy, [inner, rows, columns], !transposeA, false);
      assertNear(da!.dataSync(), expectedA, TOLERANCE, 'dA');
      assertNear(db!.dataSync(), expectedB, TOLERANCE, 'dB');
      dispose(...tensors, biasTensor, y, activated, da!, db!);
    });
  }

  for (let i = 0; i < CASES; i++) {
    const halving = i % 4 === 0;
    const size: Pair = halving ? [2, 2] : [between(1, 3), between(1, 3)];
    const strides: Pair = halving ? [2, 2] : [between(1, 3), between(1, 3)];
    const pad = oneOf('same' as const, 'valid' as const);
    const input: Shape4D = [between(1, 3), between(3, 9), between(3, 9), oneOf(1, 2, 5, 8)];
    // Few distinct values, so that most windows have ties.
    const levels = oneOf(1, 2, 3, 1000);
    it(`differentiates the maximum over ${size.join('×')} of ${input.join('×')}, strides ${strides.join('×')}, pad ${pad}, ${levels} levels`, () => {
      const info = backend_util.computePool2DInfo(input, size, strides, 1, pad);
      // Plus 0, which has no negative zeros: their order among zeros is not part of the rule.
      const x = values(input).map((value) => Math.round(value * levels) / levels + 0);
      const dy = values(info.outShape);
      const tensors = [tensor(x, input), tensor(dy, info.outShape)] as const;
      const dx = grad((images) => maxPool(images as Tensor4D, size, strides, pad))(tensors[0], tensors[1]);
      assertNear(dx.dataSync(), maxPoolBack(info, x, dy), TOLERANCE, 'dx');
      dispose(...tensors, dx);
    });
  }

  it('differentiates relu, at zeros of both signs and infinities too', () => {
    const x = Float32Array.of(-1, -0, 0, 1, 1e-30, -1e-30, Infinity, -Infinity, 3.4e38, -3.4e38);
    const dy = Float32Array.from(x, (_, i) => i + 1);
    const tensors = [tensor(x), tensor(dy)] as const;
    const dx = grad((values) => relu(values))(tensors[0], tensors[1]);
    const second = grad((v) => grad((values) => relu(values))(tensors[0], v))(tensors[1]);
    assert.deepEqual([...dx.dataSync()], [0, 0, 0, 4, 5, 0, 7, 0, 9, 0]);
    assert.deepEqual([...second.dataSync()], [0, 0, 0, 1, 1, 0, 1, 0, 1, 0]);
    dispose(...tensors, dx, second);
  });

  it('differentiates a small network: input and weight gradients are its finite differences', () => {
    const shapes = { x: [2, 9, 9, 1], k1: [5, 5, 1, 3], k2: [3, 3, 3, 4], w: [24, 2] } as const;
    const points = Object.values(shapes).map((shape) => values(shape));
    const tensors = Object.values(shapes).map((shape, i) => tensor(points[i]!, [...shape]));
    const network = (x: Tensor, k1: Tensor, k2: Tensor, w: Tensor): Tensor => {
      // Smooth, so that differences converge.
      const first = softplus(conv2d(x as Tensor4D, k1 as Tensor4D, 2, 'same'));
      const second = softplus(conv2d(first, k2 as Tensor4D, [1, 2], 'valid'));
      return sum(square(matMul(reshape<Rank.R2>(second, [2, -1]), w as Tensor2D)));
    };
    const valueAt = (at: readonly Float32Array[]): number =>
      tidy(
        () => network(...(Object.values(shapes).map((shape, i) => tensor(at[i]!, [...shape])) as Four)).dataSync()[0]!,
      );
    const gradients = grads(network)(tensors);
    gradients.forEach((gradient, i) => {
      const direction = values(Object.values(shapes)[i]!);
      const step = 5e-3;
      const moved = (sign: number) =>
        valueAt(points.map((point, j) => (j === i ? point.map((v, k) => v + sign * step * direction[k]!) : point)));
      const expected = (moved(1) - moved(-1)) / (2 * step);
      const slope = (gradient.dataSync() as Float32Array).reduce((total, g, k) => total + g * direction[k]!, 0);
      const scale = Math.abs(expected) + 1;
      assert.ok(
        Math.abs(slope - expected) < 5e-3 * scale,
        `${Object.keys(shapes)[i]}: slope ${slope}, differences ${expected}`,
      );
    });
    dispose(...tensors, ...gradients);
  });

  it('gives the same bytes for the same inputs', () => {
    const shapes = [
      [8, 14, 14, 16],
      [5, 5, 16, 32],
    ] as const;
    const [x, w] = shapes.map((shape) => tensor(values(shape), [...shape])) as [Tensor4D, Tensor4D];
    const gradient = () =>
      tidy(() =>
        grads((images, kernel) =>
          sum(square(maxPool(relu(conv2d(images as Tensor4D, kernel as Tensor4D, 1, 'same')), 2, 2, 'valid'))),
        )([x, w]).map((each) => Buffer.from(each.dataSync().slice().buffer)),
      );
    const first = gradient();
    for (let i = 0; i < 5; i++) assert.deepEqual(gradient(), first);
    dispose(x, w);
  });
});
