import { benchEngine } from './engine.js';
import { benchMargin } from './margin.js';

/** Each benchmark gives what it measured, which is printed as text or as JSON; those that take options parse them. */
const BENCHMARKS: Readonly<Record<string, (options: readonly string[]) => Promise<unknown>>> = {
  engine: benchEngine,
  margin: benchMargin,
};

const TAKE_OPTIONS: readonly string[] = ['margin'];

const [name = '', ...rest] = process.argv.slice(2);
const options = rest.filter((option) => option !== '--json');
const benchmark = BENCHMARKS[name];
if (benchmark === undefined || (options.length > 0 && !TAKE_OPTIONS.includes(name))) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHMARKS).join('|')} [--json] [options of the benchmark]`);
  process.exit(2);
}
console.log(JSON.stringify(await benchmark(options), undefined, rest.includes('--json') ? undefined : 2));
