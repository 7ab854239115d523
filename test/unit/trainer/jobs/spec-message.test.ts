import assert from 'node:assert/strict';
import { TrainingSpec } from '../../../../proto/gen/maxmargin/v1/training_service.js';
import { completeSpec } from '../../../../trainer/jobs/job-spec.js';
import { specJson, specMessage, specOfJson, specRequestOf } from '../../../../trainer/jobs/spec-message.js';

/** As it arrives: encoded and decoded. */
const received = (message: TrainingSpec): TrainingSpec => TrainingSpec.decode(TrainingSpec.encode(message).finish());

describe('the message of a spec', () => {
  it('takes the defaults where it says nothing', () => {
    const empty = received(TrainingSpec.fromPartial({ model: 'm', data: {}, architecture: {}, optimizer: {} }));
    assert.deepEqual(completeSpec(specRequestOf(empty)), completeSpec({ model: 'm' }));
  });

  it('says and takes the same spec, whatever its values', () => {
    for (const spec of [
      completeSpec({ model: 'm', seed: '18446744073709551615', alias: 'canary', cleanCoefficient: 0.25 }),
      completeSpec({
        model: 'm',
        method: 'omma',
        norm: 'l2',
        optimizer: { rule: 'sgd', momentum: 0, weightDecay: 2e-4 },
      }),
      completeSpec({ model: 'm', method: 'standard', architecture: { name: 'wrn', sizes: [10, 1] } }),
      completeSpec({
        model: 'm',
        data: { name: 'folder', directory: 'a/b', trainExamples: 100, validationExamples: 9 },
      }),
      completeSpec({ model: 'm', optimizer: { beta1: 0, epsilon: 1e-4 } }),
      completeSpec({ model: 'm', method: 'pgd', norm: 'l2', cleanCoefficient: 0.5, losses: { attack: 'cw' } }),
      completeSpec({ model: 'm', method: 'pgdls', epsilon: 0.25, initialEpsilon: 0.125, epsilonRampSteps: 30 }),
      completeSpec({ model: 'm', method: 'trades', tradesBeta: 1, losses: { clean: 'slm' } }),
      completeSpec({ model: 'm', losses: { attack: 'ce', search: 'lm', margin: 'lm', clean: 'cw' } }),
      completeSpec({
        model: 'm',
        optimizer: {
          schedule: [
            { fromStep: 0, learningRate: 0.3 },
            { fromStep: 7, learningRate: 0.1 },
          ],
        },
        augmentation: 'crop-flip',
        validationRadius: 0.01,
        validationStepSize: 0.001,
        checkpointInterval: 'epoch',
        validationInterval: 3,
        keepEpochs: true,
        earlyStopValidations: 4,
      }),
    ])
      assert.deepEqual(completeSpec(specRequestOf(received(specMessage(spec)))), spec);
  });

  it('keeps a momentum and a clean coefficient of 0 apart from none', () => {
    const asked = TrainingSpec.fromPartial({
      model: 'm',
      cleanCoefficient: 0,
      optimizer: { rule: { $case: 'sgd', value: { momentum: 0 } } },
    });
    const { training } = completeSpec(specRequestOf(received(asked)));
    assert.equal(training.cleanCoefficient, 0);
    assert.equal(training.optimizer.rule === 'sgd' && training.optimizer.momentum, 0);
  });

  it('refuses numbers that its enumerations do not have', () => {
    // Fields 4 and 5 as varints, which is how they come from a client of another version.
    assert.throws(() => specRequestOf(TrainingSpec.decode(Uint8Array.of(4 << 3, 17))), /spec\.method: .*got 17/);
    assert.throws(() => specRequestOf(TrainingSpec.decode(Uint8Array.of(5 << 3, 9))), /spec\.norm: .*got 9/);
    const losses = TrainingSpec.fromPartial({ losses: { margin: 9 as never } });
    assert.throws(() => specRequestOf(received(losses)), /spec\.losses\.margin: .*LOSS_SLM, LOSS_CW, got 9/);
    // Field 31, two bytes of key.
    const augmented = Uint8Array.of(0xf8, 1, 9);
    assert.throws(() => specRequestOf(TrainingSpec.decode(augmented)), /spec\.augmentation: .*got 9/);
    assert.throws(() => specRequestOf(undefined), /spec: expected what to train, got nothing/);
  });

  it('refuses steps beside an epoch, and a weight decay beside none', () => {
    const both = TrainingSpec.fromPartial({ model: 'm', checkpointInterval: 5n, checkpointPerEpoch: true });
    assert.throws(() => specRequestOf(both), /spec\.checkpoint_interval: expected none beside .*got 5/);
    const decayed = TrainingSpec.fromPartial({ model: 'm', optimizer: { weightDecay: 0.5, noWeightDecay: true } });
    assert.throws(() => specRequestOf(decayed), /spec\.optimizer\.weight_decay: expected none beside .*got 0\.5/);
  });

  it('lets values pass that no float64 holds exactly, to be refused by their bounds', () => {
    const message = TrainingSpec.fromPartial({ model: 'm', steps: 9223372036854775807n });
    assert.throws(() => completeSpec(specRequestOf(received(message))), /spec\.steps: expected an integer/);
  });

  it('is stored as the JSON of the contract, and read back whatever has become of its preset', () => {
    const spec = {
      ...completeSpec({ model: 'm', method: 'pgd', cleanCoefficient: 0, optimizer: { rule: 'sgd', weightDecay: 0 } }),
      preset: 'no-longer-there',
    };
    const json = JSON.parse(JSON.stringify(specJson(spec))) as Record<string, unknown>;
    const { method, steps, losses, cleanCoefficient, optimizer } = json;
    assert.deepEqual([method, steps, cleanCoefficient], ['METHOD_PGD', '1000', 0]);
    assert.deepEqual(losses, { attack: 'LOSS_SLM', margin: 'LOSS_CE', clean: 'LOSS_CE' });
    assert.deepEqual(optimizer, { sgd: { momentum: 0.9 }, learningRate: 0.1, noWeightDecay: true });
    assert.deepEqual(specOfJson(json), spec);
    assert.throws(() => specOfJson({ ...json, batchSize: -1 }), /^DomainError: spec\.batch_size: expected an integer/);
  });
});
