import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineName } from '../../core/engine/engine.js';
import { openRegistry } from '../../core/registry/open-registry.js';
import type { JobSpecRequest } from '../../trainer/jobs/training-spec.js';
import { completeSpec } from '../../trainer/jobs/job-spec.js';
import { workOnJob } from '../../trainer/jobs/job-work.js';
import { writeFewDigits } from './few-digits.js';

/** What makes a job on a few digits small. */
const SMALL = {
  data: { name: 'mnist', trainExamples: 40, validationExamples: 10 },
  attackIterations: 2,
  bisections: 2,
  batchSize: 10,
  validationMarginExamples: 5,
  evaluationMarginExamples: 2,
};

/** Works on a small job in this process, until it has published. */
export async function workOnSmallJob(
  directory: string,
  request: Pick<JobSpecRequest, 'model'> & Partial<JobSpecRequest>,
  engine: EngineName = 'wasm',
) {
  const spec = completeSpec({ ...SMALL, ...request });
  const [jobDirectory, registryRoot, dataRoot] = ['job', 'registry', 'data'].map((name) => join(directory, name));
  await writeFewDigits(join(dataRoot!, 'mnist'));
  await mkdir(jobDirectory!);
  const outcome = await workOnJob(
    {
      name: 'job',
      spec,
      token: '',
      engine,
      directory: jobDirectory!,
      registryRoot: registryRoot!,
      dataRoot: dataRoot!,
    },
    { signal: new AbortController().signal, assertOwned: () => undefined, report: () => undefined },
  );
  assert.equal(outcome.kind, 'succeeded');
  return { spec, registryRoot: registryRoot!, registry: await openRegistry(registryRoot!) };
}
