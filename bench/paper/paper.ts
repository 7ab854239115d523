import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ENGINE_CHOICES, type EngineChoice } from '../../core/engine/engine.js';
import { openEngine } from '../../core/engine/open-engine.js';
import { invalidInput } from '../../core/errors.js';
import { openOracle } from '../oracle.js';
import { firstTestImages } from '../test-images.js';
import { attackQuality } from './attack-quality.js';
import { costPage } from './cost-page.js';
import { equalSteps } from './equal-steps.js';
import { stepCost } from './step-cost.js';

const PARTS = ['equal-steps', 'attacks', 'cost'] as const;
type Part = (typeof PARTS)[number];

const OPTIONS = {
  engine: { type: 'string', default: 'auto' },
  parts: { type: 'string', default: PARTS.join() },
  python: { type: 'string' },
  oracle: { type: 'string', default: '../shared/oracle/mma_oracle.py' },
  data: { type: 'string', default: '../shared/data/mnist' },
  weights: { type: 'string', default: '../shared/golden/golden-0.safetensors' },
  seeds: { type: 'string', default: '0,1,2' },
  steps: { type: 'string', default: '1500' },
  images: { type: 'string', default: '1000' },
  runs: { type: 'string', default: '15' },
  html: { type: 'string' },
} as const;

/**
 * What holds the product against the paper's method: a small training beside another implementation's with the same steps (`mnistEqualSteps`), the
 * distances of searches beside AN-PGD's (`attackQuality`), and how the cost of a step grows (`stepCost`).
 */
export async function benchPaper(args: readonly string[]) {
  const { values: options } = parseArgs({ args: [...args], options: OPTIONS });
  const parts = partsOf(options.parts);
  const engine = await openEngine(engineOf(options.engine));
  const directory = await mkdtemp(join(tmpdir(), 'maxmargin-bench-'));
  const oracle =
    options.python === undefined ? undefined : openOracle(options.python, options.oracle, options.data, directory);
  if (oracle === undefined && parts.includes('equal-steps'))
    throw invalidInput('--python', 'a Python that has PyTorch, or --parts attacks,cost', 'none');
  const say = (text: string): void => {
    console.error(text);
  };
  try {
    const cost = parts.includes('cost') ? await stepCost(engine, Number(options.runs), say) : undefined;
    if (cost !== undefined && options.html !== undefined) await writeFile(options.html, costPage(cost, engine.name));
    return {
      benchmark: 'paper',
      engine: engine.name,
      device: engine.device,
      ...(cost && { stepCost: cost }),
      ...(parts.includes('attacks') && {
        attackQuality: await attackQuality(
          engine,
          options.weights,
          await firstTestImages(options.data, Number(options.images)),
          oracle,
          say,
        ),
      }),
      ...(oracle !== undefined &&
        parts.includes('equal-steps') && {
          mnistEqualSteps: await equalSteps(
            engine,
            oracle,
            options.data,
            directory,
            { seeds: options.seeds.split(',').map(Number), steps: Number(options.steps) },
            say,
          ),
        }),
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}

function partsOf(text: string): readonly Part[] {
  return text.split(',').map((name) => {
    const part = PARTS.find((each) => each === name);
    if (part === undefined) throw invalidInput('--parts', `some of ${PARTS.join(',')}`, name);
    return part;
  });
}

function engineOf(text: string): EngineChoice {
  const engine = ENGINE_CHOICES.find((each) => each === text);
  if (engine === undefined) throw invalidInput('--engine', ENGINE_CHOICES.join(', '), text);
  return engine;
}
