import assert from 'node:assert/strict';
import { JobState } from '../../../proto/gen/maxmargin/v1/training_service.js';
import { RESIDUAL_DIGITS } from '../../support/keras-json.js';
import { tinySpec, watchUntil } from './tiny-job.js';
import { makePlace, removePlace, startTrainer } from './trainer-process.js';
import type { Place, TrainerProcess } from './trainer-process.js';

const JSON_TEXT = JSON.stringify(RESIDUAL_DIGITS);

describe('a job with a network of one’s own', () => {
  let place: Place;
  let trainer: TrainerProcess;
  before(async () => {
    place = await makePlace();
    trainer = await startTrainer(place);
  });
  after(async () => {
    await trainer.terminate();
    await removePlace(place);
  });

  it('trains it, and still knows it after a restart', async () => {
    const spec = tinySpec({ architecture: { layersModelJson: JSON_TEXT }, steps: 4n });
    const { name } = await trainer.client.createTrainingJob({ spec });
    const job = await watchUntil(trainer.client, name);
    assert.equal(job.state, JobState.SUCCEEDED, job.error);
    const expected = { name: 'layers-model', sizes: [], layersModelJson: JSON_TEXT };
    assert.deepEqual(job.spec?.architecture, expected);
    await trainer.terminate();
    trainer = await startTrainer(place);
    const again = await trainer.client.getTrainingJob({ name });
    assert.deepEqual(again.spec?.architecture, expected);
  });

  it('is refused with the name of its layer, and takes up to 1 MiB', async () => {
    const create = (layersModelJson: string) =>
      trainer.client.createTrainingJob({ spec: tinySpec({ architecture: { layersModelJson } }), validateOnly: true });
    await assert.rejects(
      create(JSON_TEXT.replace('"Add"', '"Lambda"')),
      /INVALID_ARGUMENT: spec\.architecture\.layers_model_json: layer sum \(Lambda\): expected one of the layers/,
    );
    const padded = JSON_TEXT + ' '.repeat(2 ** 20 - JSON_TEXT.length);
    assert.equal((await create(padded)).spec?.architecture?.name, 'layers-model');
    await assert.rejects(create(`${padded} `), /INVALID_ARGUMENT: .*at most 1048576 bytes, got 1048577 bytes/);
  });

  it('fails if its images are others than those of the data', async () => {
    const wide = JSON_TEXT.replace('[null,28,28,1]', '[null,32,32,3]');
    const { name } = await trainer.client.createTrainingJob({
      spec: tinySpec({ architecture: { layersModelJson: wide } }),
    });
    const { state, error } = await watchUntil(trainer.client, name);
    assert.equal(state, JobState.FAILED);
    assert.match(error, /layers_model_json: expected inputs \[28, 28, 1\] and 10 classes.*got inputs \[32, 32, 3\]/);
  });
});
