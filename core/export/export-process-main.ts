import { DomainError, messageOf } from '../errors.js';
import type { ExportAnswer } from './export-process.js';
import { exportVersion } from './export-version.js';

// The process of exportInProcess: node export-process-main.js DIRECTORY FILE ABOUT. It answers once and ends, at once if its parent has ended.
process.once('disconnect', () => process.exit());
const [directory = '', file = '', about = ''] = process.argv.slice(2);
const answer: ExportAnswer = await exportVersion(directory, file, JSON.parse(about) as never).then(
  (check) => ({ check }),
  (error: unknown) => ({
    failure: { kind: error instanceof DomainError ? error.kind : 'internal', message: messageOf(error) },
  }),
);
process.send?.(answer, () => {
  process.disconnect();
});
