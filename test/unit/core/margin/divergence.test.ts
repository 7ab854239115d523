import assert from 'node:assert/strict';
import { dispose, grads, sum, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { klDivergence } from '../../../../core/margin/divergence.js';
import { createRandom } from '../../../../core/random.js';
import { assertNear } from '../../../support/near.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const [COUNT, CLASSES] = [5, 4];

const softmax = (logits: readonly number[]): number[] => {
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const total = exponentials.reduce((a, b) => a + b);
  return exponentials.map((value) => value / total);
};

/** In float64, from the definition. */
const divergence = (from: readonly number[], to: readonly number[]): number => {
  const [p, q] = [softmax(from), softmax(to)];
  return p.reduce((total, fraction, j) => total + fraction * Math.log(fraction / q[j]!), 0);
};

describe('the divergence of answers', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine(TEST_ENGINE)));

  const random = createRandom(5);
  const logits = () =>
    Array.from({ length: COUNT }, () => Array.from({ length: CLASSES }, () => Math.fround(3 * random.normal())));
  const [from, to] = [logits(), logits()];

  it('is Σ p log (p / q), 0 between equal answers, and finite where an answer is sure', async () => {
    const { numTensors } = engine.memory();
    const sure = tensor2d([
      [200, 0],
      [0, 200],
    ]);
    const unsure = tensor2d([
      [0, 200],
      [0, 0],
    ]);
    const [a, b] = [tensor2d(from), tensor2d(to)];
    const found = tidy(() => engine.compile(klDivergence)(a, b));
    const none = tidy(() => engine.compile(klDivergence)(a, a));
    const extreme = tidy(() => engine.compile(klDivergence)(sure, unsure));
    assertNear(
      await found.data(),
      from.map((row, i) => divergence(row, to[i]!)),
      1e-5,
      'divergence',
    );
    for (const value of await none.data()) assert.ok(Math.abs(value) < 1e-6);
    assertNear(await extreme.data(), [200, Math.LN2], 1e-5, 'divergence from a sure answer');
    dispose([a, b, sure, unsure, found, none, extreme]);
    assert.equal(engine.memory().numTensors, numTensors);
  });

  it('has the gradients of both answers that finite differences have', async () => {
    const both = engine.compile((a: Tensor2D, b: Tensor2D) =>
      grads((p, q) => sum(klDivergence(p as Tensor2D, q as Tensor2D)))([a, b]),
    );
    const [a, b] = [tensor2d(from), tensor2d(to)];
    const found = tidy(() => both(a, b));
    const h = 1e-5;
    const slopes = (at: (i: number, j: number, by: number) => number): number[] =>
      from.flatMap((row, i) => row.map((_, j) => (at(i, j, h) - at(i, j, -h)) / (2 * h)));
    const moved = (row: readonly number[], j: number, by: number) => row.map((v, each) => (each === j ? v + by : v));
    const ofFrom = slopes((i, j, by) => divergence(moved(from[i]!, j, by), to[i]!));
    const ofTo = slopes((i, j, by) => divergence(from[i]!, moved(to[i]!, j, by)));
    assertNear(await found[0]!.data(), ofFrom, 1e-5, 'gradient of the first answers');
    assertNear(await found[1]!.data(), ofTo, 1e-5, 'gradient of the second answers');
    dispose([a, b, found]);
  });
});
