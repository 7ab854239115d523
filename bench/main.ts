import { benchEngine } from './engine.js';

/** Each benchmark prints what it measured, as text or as JSON. */
const BENCHMARKS: Readonly<Record<string, () => Promise<unknown>>> = { engine: benchEngine };

const [name = '', ...options] = process.argv.slice(2);
const benchmark = BENCHMARKS[name];
if (benchmark === undefined || options.some((option) => option !== '--json')) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHMARKS).join('|')} [--json]`);
  process.exit(2);
}
console.log(JSON.stringify(await benchmark(), undefined, options.includes('--json') ? undefined : 2));
