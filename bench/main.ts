import { messageOf } from '../core/errors.js';
import { benchDistances } from './distances.js';
import { benchKernels } from './kernels.js';
import { benchPaper } from './paper/paper.js';
import { timed } from './timed.js';
import { timedJson, timedText } from './timed-report.js';
import { WORKLOADS, type WorkloadName } from './workloads/workloads.js';

/** Benchmarks of their own kind: each gives what it measured. */
const OTHERS: Readonly<Record<string, (options: readonly string[]) => Promise<unknown>>> = {
  engine: benchKernels,
  distances: benchDistances,
  paper: benchPaper,
};

const USAGE = `usage: npm run bench -- NAME [options]

  step       one whole step of MMA training                       [--model lenet5] [--batch 50] [--iterations 40]
  gradient   one PGD iteration: an input gradient and a step      [--model lenet5] [--batch 50] [--iterations 10 a run]
  classify   the logits of a batch                                [--model lenet5] [--batch 50] [--iterations 10 a run]
  margin     one margin search                                    [--model lenet-8-16-64] [--batch 1] [--iterations 40 gradients]

    --engine E             auto, or which of our engines
    --model M              lenet5, lenet-8-16-64, wrn-28-4, mlp-256-128, cnn-16-32-128, …
    --repeats N            turns, whose median counts (default 5)
    --runs N               timed runs in a turn, whose median counts (default 1; 3 beside others)
    --warmup N             runs before that are not counted (default 2)
    --against E            another of our engines, in turns with this one; may be repeated
    --peer                 PyTorch, in turns with this one
      --python PATH        a Python that has PyTorch (default python3)
      --oracle PATH        mma_oracle.py (default ../shared/oracle/mma_oracle.py)
      --channels-last      PyTorch in channels-last; else in NCHW
    --json                 one JSON object instead of text

  engine     the wasm engine's kernels against the stock ones     [--json]
  distances  how long the perturbations of margin searches are    [--json] [--budgets 20,40,100] …
  paper      a small training beside PyTorch's with equal steps, searches beside AN-PGD, the cost of a step   [--json]
    --python PATH          a Python that has PyTorch, for the first
    --parts P,P            some of equal-steps, attacks, cost (default: all)
    --html FILE            the cost of a step as a page with plots
    --seeds N,N  --steps N  --images N  --runs N  --engine E  --oracle PATH  --data DIRECTORY  --weights FILE
`;

async function run(name: string, args: readonly string[], json: boolean): Promise<string> {
  const options = args.filter((option) => option !== '--json');
  if (name in WORKLOADS) {
    const result = await timed(name as WorkloadName, options, console.error);
    return json ? JSON.stringify(timedJson(result)) : timedText(result);
  }
  const benchmark = OTHERS[name];
  if (benchmark === undefined)
    throw new Error(
      `expected one of ${[...Object.keys(WORKLOADS), ...Object.keys(OTHERS)].join(', ')}, got ${JSON.stringify(name)}`,
    );
  return JSON.stringify(await benchmark(options), undefined, json ? undefined : 2);
}

const [name = '', ...args] = process.argv.slice(2);
if (name === '' || [name, ...args].includes('--help')) {
  console.log(USAGE);
} else {
  try {
    console.log(await run(name, args, args.includes('--json')));
  } catch (error) {
    console.error(`bench: ${messageOf(error)}`);
    process.exitCode = 1;
  }
}
