import { writeSync } from 'node:fs';
import { openEngine } from '../../core/engine/open-engine.js';
import { evaluate, identityOf } from '../../trainer/evaluate/evaluate.js';
import { openShardDirectory } from '../../trainer/evaluate/shard-store.js';
import { continuedPlan, linearEvaluation } from './linear-evaluation.js';
import { TEST_ENGINE } from './test-engine.js';

// A process of its own that evaluates into a directory, tells how far it is, and may be killed: node evaluation-child.js DIRECTORY REPORTS
const [directory = '', reports = ''] = process.argv.slice(2);
/** It is to be killed after so many reports. It goes on for one more and waits there, so that a slow parent does not come too late. */
let left = Number(reports) + 1;
const forever = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
const request = linearEvaluation(await openEngine(TEST_ENGINE), 'linf', continuedPlan);
const store = await openShardDirectory(directory, identityOf(request));
await evaluate(
  {
    ...request,
    onProgress: ({ fraction }) => {
      writeSync(process.stdout.fd, `${fraction}\n`);
      if (--left === 0) Atomics.wait(forever, 0, 0);
    },
  },
  store,
);
