import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readInputs } from '../../../../../clients/cli/input/read-inputs.js';
import { temporaryDirectory } from '../../../../support/temporary-directory.js';

describe('input files', () => {
  const directory = temporaryDirectory();
  const model = { inputShape: [1, 1, 1], labels: ['0', '1'] };
  const defaults = { split: 'test', data: '.' } as const;

  it('are named when they are not there', async () => {
    const absent = join(directory(), 'absent');
    const message = (kind: string): string => `files: expected ${kind}, got ${absent}, which cannot be read (ENOENT)`;
    await assert.rejects(readInputs([absent], defaults, model), { message: message('a PNG or JPEG file') });
    await assert.rejects(readInputs([absent], { ...defaults, shape: [1, 1, 1, 1] }, model), {
      message: message('a raw file'),
    });
  });
});
