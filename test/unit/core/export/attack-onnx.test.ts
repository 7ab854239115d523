import assert from 'node:assert/strict';
import { argMax, dispose, memory, tensor, tensor1d, tensor4d, tidy, type Rank } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { attackOnnx } from '../../../../core/export/attack-onnx.js';
import { classifierOf } from '../../../../core/model/classifier.js';
import { buildModel } from '../../../../core/model/model.js';
import { runAnPgd } from '../../../../core/margin/an-pgd-search.js';
import { compileAttackSteps } from '../../../../core/margin/attack-steps.js';
import { successOf } from '../../../../core/margin/attacks/steps/success.js';
import { pointAt } from '../../../../core/margin/box.js';
import { hostLength } from '../../../../core/margin/host-length.js';
import { sharpnessAt } from '../../../../core/margin/sharpness.js';
import { NORMS, SEARCH_REACH, type Norm } from '../../../../core/margin/threat-model.js';
import type { Architecture } from '../../../../core/model/architecture.js';
import { lenet } from '../../../../core/model/lenet.js';
import { mlp } from '../../../../core/model/mlp.js';
import { toTensors } from '../../../../core/model/weights.js';
import { wrn } from '../../../../core/model/wrn.js';
import { createRandom } from '../../../../core/random.js';
import { sizeOf } from '../../../../core/shape.js';
import { lifelikeWeights } from '../../../support/family-cases.js';
import { assertNear } from '../../../support/near.js';
import { onnxMissing, openPublicly } from '../../../support/public-onnx.js';

const missing = onnxMissing();
const without = missing === undefined ? '' : ` (skipped: ${missing})`;

const BOUNDS = { lower: 0, upper: 1 };
const MAX_DISTANCE: Readonly<Record<Norm, number>> = { linf: 0.4, l2: 6 };
const CASES: readonly (readonly [string, Architecture])[] = [
  ['lenet', lenet({ conv1: 4, conv2: 8, hidden: 16 })],
  ['mlp', mlp([24, 12], [6, 5, 1], 4)],
  ['wrn', wrn(10, 1, [8, 8, 3], 4)],
];

describe('AN-PGD as an ONNX model', () => {
  let engine: Engine;
  // What the file is compared with runs kernel by kernel.
  before(async () => {
    engine = await openEngine('wasm');
  });

  for (const [name, architecture] of CASES)
    for (const norm of NORMS)
      it(`${name}, ${norm}: finds what anPgd finds from the same start, for any batch size${without}`, async function () {
        if (missing !== undefined) this.skip();
        const before = memory().numTensors;
        const host = lifelikeWeights(architecture, 5);
        const attack = {
          threat: { norm, bounds: BOUNDS },
          maxDistance: MAX_DISTANCE[norm],
          iterations: 8,
          bisections: 6,
        };
        const file = await openPublicly(attackOnnx({ architecture, weights: host }, attack, {}));
        assert.deepEqual(file.inputs, ['inputs', 'labels', 'radii', 'uniforms']);
        assert.deepEqual(file.outputs, ['perturbations', 'distances', 'found', 'next_radii']);
        const weights = toTensors(host);
        let found = 0;
        for (const batch of [1, 5]) found += await compare(engine, file, architecture, weights, attack, batch);
        assert.ok(found > 0, 'expected something to be found');
        await file.close();
        dispose(weights);
        assert.equal(memory().numTensors, before);
      });
});

/** Runs the file and the search of this project. @returns how many are found, whose perturbations change the answer */
async function compare(
  engine: Engine,
  file: Awaited<ReturnType<typeof openPublicly>>,
  architecture: Architecture,
  weights: ReturnType<typeof toTensors>,
  attack: Parameters<typeof attackOnnx>[1],
  batch: number,
): Promise<number> {
  const { threat, maxDistance } = attack;
  const classify = classifierOf(buildModel(architecture));
  const steps = compileAttackSteps(engine.compile, classify, threat, {
    search: 'slm',
    crossing: successOf('untargeted'),
  });
  const random = createRandom(batch);
  const shape = [batch, ...architecture.inputShape] as const;
  const size = sizeOf(shape);
  const [pixels, uniforms] = [random.uniforms(size), random.uniforms(size)];
  const radii = Float32Array.from({ length: batch }, () => maxDistance * (0.2 + random.uniform()));
  const inputs = tensor4d(pixels, [...shape]);
  const classes = Array.from(tidy(() => argMax(classify(weights, inputs), 1).dataSync()));
  const labels = tensor1d(classes, 'int32');
  const radiiTensor = tensor1d(radii);
  const start = tidy(() =>
    steps.geometry.randomStart(inputs, radiiTensor, tensor<Rank.R4>(uniforms, [...shape]), threat.bounds),
  );
  const sharpness = tidy(() => sharpnessAt(classify(weights, inputs)));
  const expected = await runAnPgd(steps, {
    ...{ weights, inputs, labels, radii: radiiTensor, start, sharpness },
    ...{ maxRadius: SEARCH_REACH * maxDistance, iterations: attack.iterations, bisections: attack.bisections },
  });
  const given = await file.run({
    inputs: ['float32', pixels, shape],
    labels: ['int64', BigInt64Array.from(classes, BigInt), [batch]],
    radii: ['float32', radii, [batch]],
    uniforms: ['float32', uniforms, shape],
  });
  const { perturbations = [], distances = [], found = [], next_radii: nextRadii = [] } = given;
  assertNear(perturbations, expected.perturbations.dataSync(), 1e-4, 'perturbations');
  assertNear(nextRadii, expected.radii.dataSync(), 1e-4, 'next_radii');
  assert.deepEqual(Array.from(found, Number), Array.from(expected.crossed.dataSync(), Number));
  const values = Float32Array.from(perturbations);
  const lengths = classes.map((_, i) =>
    hostLength(threat.norm, values.subarray((i * size) / batch, ((i + 1) * size) / batch)),
  );
  assertNear(distances, lengths, 1e-5, 'distances');
  const reached = tidy(() => {
    const points = pointAt(inputs, tensor4d(values, [...shape]), threat.bounds);
    return argMax(classify(weights, points), 1).dataSync();
  });
  dispose([inputs, labels, radiiTensor, start, sharpness]);
  dispose(expected);
  const changed = classes.filter((label, i) => found[i] && reached[i] !== label).length;
  assert.equal(changed, Array.from(found).filter(Boolean).length, 'what is found changes the answer');
  return changed;
}
