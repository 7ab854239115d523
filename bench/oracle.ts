import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { invalidInput } from '../core/errors.js';

/** A PyTorch statement of the method beside ours, in files of a directory of its own. */
export interface Oracle {
  /** Trains by MMA. @returns the weights, as a safetensors file */
  train(settings: OracleTraining): Promise<string>;
  /** Measures weights by AN-PGD, of N iterations, on the first test images. */
  margins(weights: string, settings: OracleMargins): Promise<OracleMarginReport>;
}

export interface OracleTraining {
  readonly maxDistance: number;
  readonly minRadius: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly iterations: number;
  readonly learningRate: number;
  readonly sizes: readonly number[];
  readonly seed: number;
}

export interface OracleMargins {
  readonly norm: 'linf' | 'l2';
  readonly count: number;
  readonly iterations: number;
  readonly maxDistance: number;
  readonly seed: number;
}

export interface OracleMarginReport {
  readonly accuracy: number;
  /** Of the images that are classified correctly; where nothing was found the largest distance counts. */
  readonly meanDistance: number;
  readonly medianDistance: number;
}

/** @throws invalid-input naming the option, if it is not there */
export function openOracle(python: string, script: string, mnist: string, directory: string): Oracle {
  if (!existsSync(script)) throw invalidInput('--oracle', 'the file mma_oracle.py', `${script}, which is not there`);
  const run = async (args: readonly (string | number)[]): Promise<void> => {
    await promisify(execFile)(python, [script, ...args.map(String)], { maxBuffer: 1 << 26 });
  };
  let files = 0;
  const fresh = (extension: string): string => join(directory, `oracle-${++files}.${extension}`);
  return {
    train: async (s) => {
      const out = fresh('safetensors');
      await run([
        ...['train', out, '--data', mnist, '--d-max', s.maxDistance, '--min-eps', s.minRadius],
        ...['--steps', s.steps, '--batch', s.batchSize, '--iters', s.iterations, '--lr', s.learningRate],
        ...['--size', ...s.sizes, '--seed', s.seed],
      ]);
      return out;
    },
    margins: async (weights, s) => {
      const out = fresh('json');
      await run([
        ...['margins', out, '--weights', weights, '--data', mnist, '--norm', s.norm, '--count', s.count],
        ...['--iters', s.iterations, '--eps-max', s.maxDistance, '--seed', s.seed],
      ]);
      return JSON.parse(await readFile(out, 'utf8')) as OracleMarginReport;
    },
  };
}
