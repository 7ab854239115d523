import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Context, Suite } from 'mocha';
import { ENGINE_NAMES } from '../../core/engine/engine.js';
import { findCompiler } from '../../core/engine/install/compiler.js';
import { loadTorchAddon } from '../../core/engine/torch/addon-binding.js';
import { whyAbsent } from './absent-engine.js';
import { findChromium } from './chromium.js';
import { installed } from './installed.js';
import { onnxMissing } from './public-onnx.js';
import { referenceData } from './reference-data.js';

// Loaded by mocha itself, before the tests (.mocharc.json).

/** Tests that may be skipped, by their full titles, and where. */
interface AllowedSkip {
  readonly tests: RegExp;
  readonly where: string;
  readonly holds: () => boolean | Promise<boolean>;
}

const fails = (attempt: () => unknown): boolean => {
  try {
    attempt();
    return false;
  } catch {
    return true;
  }
};

/** Of /proc/self/status; 21 is CAP_SYS_ADMIN. */
const mayMount = (): boolean => {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const capabilities = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return ((capabilities >> 21n) & 1n) === 1n;
};

const ALLOWED_SKIPS: readonly AllowedSkip[] = [
  {
    tests:
      /^(metrics passes promtool|deploy emits metrics that promtool|deploy has rules and a configuration that promtool)/,
    where: 'promtool is not installed',
    holds: () => !installed('promtool'),
  },
  {
    tests: /^deploy is scraped by a real Prometheus/,
    where: 'prometheus is not installed',
    holds: () => !installed('prometheus'),
  },
  {
    tests: /^reports in a browser/,
    where: 'there is no Chromium',
    holds: () => findChromium() === undefined,
  },
  {
    tests: /^(the public data sets|downloading a data set (downloads MNIST|knows the published checksums))/,
    where: 'the public data sets do not lie beside the checkout',
    holds: () => ['mnist', 'fashion-mnist', 'cifar10'].some((name) => referenceData(name) === undefined),
  },
  {
    tests: /^benchmarks measures parts of a step beside PyTorch/,
    where: 'Python has no PyTorch, or the reference does not lie beside the checkout',
    holds: () =>
      !existsSync('../shared/oracle/mma_oracle.py') ||
      fails(() =>
        execFileSync(process.env['MAXMARGIN_PYTHON'] ?? 'python3', ['-c', 'import torch'], { stdio: 'ignore' }),
      ),
  },
  {
    tests:
      /^(torch[: ]|training in two processes that Gloo connects|every method of training, compiled gives on torch)/,
    where: 'the engine torch is not built',
    holds: () => fails(loadTorchAddon),
  },
  {
    tests: /^torch on a GPU/,
    where: 'the engine torch sees no GPU',
    holds: () =>
      loadTorchAddon()
        .devices()
        .every(({ id }) => id === 'cpu'),
  },
  ...ENGINE_NAMES.map((name) => ({
    tests: new RegExp(`^the other engines ${name} `),
    where: `the engine ${name} cannot be opened`,
    holds: async () => (await whyAbsent(name)) !== undefined,
  })),
  {
    tests:
      /^(functions as ONNX graphs|a classifier as an ONNX model|AN-PGD as an ONNX model|model\.onnx of a published|maxmargin models export|every method of training, compiled gives on onnx)/,
    where: 'ONNX Runtime does not load',
    holds: () => onnxMissing() !== undefined,
  },
  {
    tests: /^(the C\+\+ compiler (builds|links)|what stands for Python)/,
    where: 'there is no C++ compiler',
    holds: () =>
      findCompiler().then(
        () => false,
        () => true,
      ),
  },
  {
    tests: /^maxmargin engine names the missing npm/,
    where: 'npm has installed the package already',
    holds: () => !fails(() => createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json')),
  },
  { tests: /^who works on a job/, where: 'there is no /proc', holds: () => process.platform !== 'linux' },
  {
    tests: /^errors of the file system name the file .* on a full disk/,
    where: 'nothing may be mounted',
    holds: () => !mayMount(),
  },
];

const skippedIn = ({ tests, suites }: Suite): string[] => [
  ...tests.filter((test) => test.isPending()).map((test) => test.fullTitle()),
  ...suites.flatMap(skippedIn),
];

async function isAllowed(title: string): Promise<boolean> {
  for (const { tests, holds } of ALLOWED_SKIPS) if (tests.test(title) && (await holds())) return true;
  return false;
}

/** Fails the run where a test was skipped that is not listed, or not for the reason that is. */
export const mochaHooks = {
  async afterAll(this: Context): Promise<void> {
    const unexpected: string[] = [];
    for (const title of skippedIn(this.test!.parent!)) if (!(await isAllowed(title))) unexpected.push(title);
    assert.deepEqual(unexpected, [], 'skipped, though test/support/allowed-skips.ts does not allow it here');
  },
};
