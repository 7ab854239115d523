import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINIMUM_NORM_ATTACKS } from '../../core/margin/attacks/minimum-norm-attacks.js';
import { openRegistry } from '../../core/registry/open-registry.js';
import type { EvaluationResult } from '../../trainer/evaluate/evaluation-result.js';
import { readEvaluationResult } from '../../trainer/evaluate/evaluation-schema.js';
import { smallLenet } from '../support/published-model.js';
import { runCommand, startCommand } from './command-line.js';

type Json = Record<string, unknown>;

describe('maxmargin evaluate', function () {
  this.timeout(120_000);
  let directory: string;

  /** Runs a command that must succeed. @returns what it printed, parsed */
  const json = async (...args: string[]): Promise<Json[]> => {
    const { code, stdout, stderr } = await runCommand([...args, '--json'], directory);
    assert.equal(code, 0, `${args.join(' ')}\n${stdout}\n${stderr}`);
    return [JSON.parse(stdout) as Json];
  };
  const fails = async (code: number, message: RegExp, ...args: string[]): Promise<void> => {
    const ended = await runCommand(args, directory);
    assert.equal(ended.code, code, ended.stderr);
    assert.match(ended.stderr, message);
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'maxmargin-evaluate-'));
    const registry = await openRegistry(join(directory, 'registry'));
    for (const seed of [1, 2]) await registry.publish('digits', smallLenet(seed));
    await registry.setAlias('digits', 'champion', 1);
  });
  after(() => rm(directory, { recursive: true, maxRetries: 10 }));

  it('measures by a plan, writes JSON and a report, and puts shares together', async () => {
    const few = ['evaluate', '--quick', '--examples', '50', '--margin-examples', '5', '--robust-examples', '6'];
    const [found] = await json(
      ...[...few, '--epsilons', '0.01,8/255', '--output', 'evaluation.json', '--html', 'evaluation.html'],
    );
    const result = found as unknown as EvaluationResult;
    assert.deepEqual(result.subject.members, [{ model: 'digits', version: 1 }]);
    assert.deepEqual([result.cleanExamples, result.margins?.examples], [50, 5]);
    assert.deepEqual(
      result.whiteBox.map(({ epsilon, examples }) => [epsilon, examples]),
      [
        [0.01, 6],
        [8 / 255, 6],
      ],
    );
    const written = readEvaluationResult(await readFile(join(directory, 'evaluation.json'), 'utf8'), 'evaluation.json');
    assert.deepEqual(written, result);

    assert.match(await readFile(join(directory, 'evaluation.html'), 'utf8'), /^<!doctype html>[^]*digits 1/i);

    // The same again is taken from what was kept, to the last figure, its cost included; --fresh measures.
    const same = [...few, '--epsilons', '0.01,8/255'];
    const again = await runCommand([...same, '--json'], directory);
    assert.match(
      again.stderr,
      /^digits 1 has been evaluated so before: the result is that in .*evaluations.*; --fresh /m,
    );
    assert.deepEqual(JSON.parse(again.stdout), result);
    const fresh = await runCommand([...same, '--fresh', '--json'], directory);
    assert.doesNotMatch(fresh.stderr, /evaluated so before|Continued/);
    const measured = JSON.parse(fresh.stdout) as EvaluationResult;
    assert.notEqual(measured.cost.seconds, result.cost.seconds);
    assert.deepEqual({ ...measured, cost: result.cost }, result);

    const parts = [...few, '--epsilons', '0.01', '--state', 'parts'];
    const [share] = await json(...parts, '--shard', '1/2');
    assert.equal(share?.finished, share?.shards);
    const merged = await runCommand(parts, directory);
    assert.match(merged.stdout, /^accuracy +\d+\.\d % of 50 examples \(95 % interval \d+\.\d–\d+\.\d %\)$/m);
    await Promise.all([
      fails(1, /plan\.seed: expected "1", got "0"/, ...parts, '--seed', '1'),
      fails(2, /--fresh: not with --shard/, ...parts, '--shard', '1/2', '--fresh'),
      fails(2, /Expected I\/N/, 'evaluate', '--shard', '3/2'),
    ]);
  });

  it('refuses what it cannot measure or write before it measures anything', async () => {
    const refused = [
      {
        words: ['--margin-attack', 'deepfool', '--norm', 'l1'],
        code: 1,
        message: /norm of deepfool: expected linf or l2, got l1/,
      },
      {
        words: ['--html', 'no/such/report.html'],
        code: 2,
        message: /--html: .*directory that exists, got no\/such\/report\.html/,
      },
      {
        words: ['--output', 'no/such.json'],
        code: 2,
        message: /--output: .*directory that exists, got no\/such\.json/,
      },
    ];
    const attempts = refused.map(async ({ words, code, message }) => {
      const ended = await runCommand(['evaluate', '--examples', '20', ...words], directory);
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, message);
      assert.doesNotMatch(ended.stderr, /clean|white-box|margins /);
    });
    await Promise.all(attempts);
  });

  it('evaluates several models as one, and keeps at Ctrl-C what is finished', async () => {
    const both = [
      'evaluate',
      '--model',
      'digits@1',
      '--model',
      'digits@2',
      '--examples',
      '20',
      '--margin-examples',
      '0',
    ];
    const [together] = await json(...both, '--robust-examples', '0', '--no-masking');
    const { subject, cleanExamples } = together as unknown as EvaluationResult;
    assert.deepEqual([subject.title, cleanExamples], ['digits 1 + digits 2', 20]);

    const long = startCommand([...both, '--restarts', '1000'], directory);
    await long.waitFor(/white-box/);
    const { code, stderr } = await long.stop('SIGINT');
    assert.equal(code, 130, stderr);
    const [, place = ''] = /The same command continues; what is finished lies in (.+)\.$/m.exec(stderr) ?? [];
    assert.ok((await readdir(place)).includes('clean-1.json'), stderr);
  });

  it('offers every search for shortest perturbations, and takes no other', async () => {
    const { stdout } = await runCommand(['evaluate', '--help'], directory);
    const [, offered = ''] = /--margin-attack <name>[^(]*\(default: best-of\)\s+\(choices:([^)]*)\)/.exec(stdout) ?? [];
    const names = Array.from(offered.matchAll(/"([^"]+)"/g), ([, name]) => name);
    assert.deepEqual(names, Object.keys(MINIMUM_NORM_ATTACKS), stdout);
    await fails(2, /'--margin-attack <name>' argument 'pgd-ce' is invalid/, 'evaluate', '--margin-attack', 'pgd-ce');
  });
});
