import { openEngine } from '../../core/engine/open-engine.js';
import { evaluate, identityOf } from '../../trainer/evaluate/evaluate.js';
import { openShardDirectory } from '../../trainer/evaluate/shard-store.js';
import { continuedPlan, linearEvaluation } from './linear-evaluation.js';
import { TEST_ENGINE } from './test-engine.js';

// A process of its own that evaluates into a directory, tells how far it is, and may be killed: node evaluation-child.js DIRECTORY
const [directory = ''] = process.argv.slice(2);
const request = linearEvaluation(await openEngine(TEST_ENGINE), 'linf', continuedPlan);
const store = await openShardDirectory(directory, identityOf(request));
await evaluate(
  {
    ...request,
    onProgress: ({ share }) => {
      process.stdout.write(`${share}\n`);
    },
  },
  store,
);
