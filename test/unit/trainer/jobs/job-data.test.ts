import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJobData } from '../../../../trainer/jobs/job-data.js';
import { completeSpec } from '../../../../trainer/jobs/job-spec.js';
import { idxBytes } from '../../../support/idx-bytes.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

/** Of 20 × 12 pixels in 3 channels. */
const COUNTS = { train: 37, t10k: 11 };
const CLASSES = 5;

describe('the data of a job', () => {
  const directory = temporaryDirectory();
  beforeEach(async () => {
    await mkdir(join(directory(), 'own'));
    for (const [split, count] of Object.entries(COUNTS)) {
      const images = Uint8Array.from({ length: count * 720 }, (_, i) => (i * 7) % 256);
      const labels = Uint8Array.from({ length: count }, (_, i) => i % CLASSES);
      const put = (name: string, bytes: Uint8Array) => writeFile(join(directory(), 'own', `${split}-${name}`), bytes);
      await put('images-idx3-ubyte', idxBytes(2052, [count, 20, 12, 3], images));
      await put('labels-idx1-ubyte', idxBytes(2049, [count], labels));
    }
  });
  const read = (data: Record<string, unknown> = {}, batchSize = 8) =>
    readJobData(
      completeSpec({ model: 'own', data: { name: 'idx', directory: 'own', ...data }, architecture: {}, batchSize }),
      directory(),
    );

  it('is divided into what is learned from, what is stopped by and what is judged by', async () => {
    const { info, train, validation, test } = await read();
    assert.deepEqual([info.inputShape, info.labelNames.length], [[20, 12, 3], CLASSES]);
    assert.deepEqual([train.count, validation.count, test.count], [34, 3, 11]);
    const own = await read({ trainExamples: 20, validationExamples: 12 });
    assert.deepEqual([own.train.count, own.validation.count], [8, 12]);
    // The first ones are kept for validation.
    assert.deepEqual(own.train.labels, Uint8Array.of(2, 3, 4, 0, 1, 2, 3, 4));
    assert.equal(own.train.images.length, 8 * 720);
  });

  it('is refused where it is too little, naming the field of the spec', async () => {
    const refusals: readonly [Record<string, unknown>, number, string][] = [
      [{ trainExamples: 38 }, 8, 'spec.data.train_examples: expected at most the 37 that there are, got 38'],
      [
        { validationExamples: 37 },
        8,
        'spec.data.validation_examples: expected fewer than the 37 training examples, got 37',
      ],
      [
        { validationExamples: 500 },
        8,
        'spec.data.validation_examples: expected fewer than the 37 training examples, got 500',
      ],
      [{}, 50, 'spec.batch_size: expected at most the 34 training examples, of 37 less 3 for validation, got 50'],
      [
        { trainExamples: 1 },
        1,
        'spec.batch_size: expected at most the 0 training examples, of 1 less 1 for validation, got 1',
      ],
    ];
    for (const [data, batchSize, message] of refusals)
      await assert.rejects(read(data, batchSize), { kind: 'invalid-input', message });
    await assert.rejects(read({ directory: 'none' }), {
      kind: 'not-found',
      message: `spec.data.directory: expected a directory with the files of idx, got ${join(directory(), 'none')}, which is not there`,
    });
  });
});
