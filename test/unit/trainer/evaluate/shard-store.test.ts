import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { evaluate, identityOf } from '../../../../trainer/evaluate/evaluate.js';
import type { EvaluationResult } from '../../../../trainer/evaluate/evaluation-result.js';
import type { ShardRecord } from '../../../../trainer/evaluate/shard-record.js';
import { evaluationKey, openShardDirectory } from '../../../../trainer/evaluate/shard-store.js';
import { continuedPlan, linearEvaluation } from '../../../support/linear-evaluation.js';
import { remembered } from '../../../support/started-processes.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const CHILD = fileURLToPath(new URL('../../../support/evaluation-child.js', import.meta.url));

const IDENTITY = { format: 1, plan: { seed: '1', epsilons: [0.1] } };

const shard: ShardRecord = {
  format: 1,
  evaluation: evaluationKey(IDENTITY),
  name: 'clean-1',
  gradientEvaluations: 0,
  forwardEvaluations: 3,
  seconds: 0.25,
  finding: { kind: 'clean', correct: [0, 2] },
};

describe('where finished shards are kept', () => {
  const directory = temporaryDirectory();

  it('reads what it wrote, in another opening too', async () => {
    const first = await openShardDirectory(directory(), IDENTITY);
    assert.equal(await first.read('clean-1'), undefined);
    await first.write(shard);
    const second = await openShardDirectory(directory(), IDENTITY);
    assert.deepEqual(await second.read('clean-1'), shard);
  });

  it('counts damaged shards as not finished, and tells of them by name', async () => {
    const problems: string[] = [];
    const store = await openShardDirectory(directory(), IDENTITY, (problem) => problems.push(problem));
    await store.write(shard);
    const file = join(directory(), 'clean-1.json');
    const text = await readFile(file, 'utf8');
    const damages: readonly [text: string, problem: RegExp][] = [
      [text.slice(0, -20), /expected JSON/],
      [text.replace('"correct":[0,2]', '"correct":[0,1]'), /expected SHA-256/],
      [text.replace('"correct":[0,2]', '"correct":[0,-2]'), /finding\.correct/],
      ['{}', /sha256/],
      ['', /expected JSON/],
    ];
    for (const [damaged, problem] of damages) {
      assert.notEqual(damaged, text);
      await writeFile(file, damaged);
      assert.equal(await store.read('clean-1'), undefined, damaged);
      assert.match(problems.at(-1) ?? '', problem);
      assert.ok(problems.at(-1)?.startsWith(file));
    }
    await store.write({ ...shard, evaluation: 'another' });
    assert.equal(await store.read('clean-1'), undefined);
    assert.match(problems.at(-1) ?? '', /of this evaluation/);
  });

  it('refuses a directory that holds another evaluation, and says what differs', async () => {
    await openShardDirectory(directory(), IDENTITY);
    await assert.rejects(openShardDirectory(directory(), { format: 1, plan: { seed: '1', epsilons: [0.2] } }), {
      kind: 'failed-precondition',
      message: /evaluation\.json: another evaluation's: plan\.epsilons\.0: expected 0\.2, got 0\.1$/,
    });
    await writeFile(join(directory(), 'evaluation.json'), '{"format":');
    await assert.rejects(openShardDirectory(directory(), IDENTITY), { kind: 'data-loss', message: /evaluation\.json/ });
  });

  it('lets an evaluation that was killed continue, and find what it would have found', async function () {
    this.timeout(60_000);
    const finished = async () => (await readdir(directory())).filter((name) => /^[a-z].*\d\.json$/.test(name));
    /** Evaluates in a process of its own, and kills it when it has told so often how far it is. */
    const killAfter = async (reports: number): Promise<void> => {
      const child = remembered(
        spawn(process.execPath, [CHILD, directory(), String(reports)], { stdio: ['ignore', 'pipe', 'inherit'] }),
      );
      const ended = once(child, 'exit');
      let told = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        assert.ok(Number(line) < 1, 'there is nothing left to interrupt');
        if (++told === reports) child.kill('SIGKILL');
      }
      await ended;
      assert.equal(child.signalCode, 'SIGKILL');
    };
    await killAfter(5);
    const first = await finished();
    await killAfter(5);
    const second = await finished();
    assert.ok(first.length > 0 && second.length > first.length, `${first.join(', ')}; ${second.join(', ')}`);
    // Damage counts as an interruption, too.
    const [name = ''] = second;
    const kept = await readFile(join(directory(), name), 'utf8');
    await writeFile(join(directory(), name), kept.slice(0, kept.length / 2));

    const engine = await openEngine(TEST_ENGINE);
    const request = linearEvaluation(engine, 'linf', continuedPlan);
    const problems: string[] = [];
    const store = await openShardDirectory(directory(), identityOf(request), (problem) => problems.push(problem));
    const timeless = (result: EvaluationResult) => ({ ...result, cost: { ...result.cost, seconds: 0 } });
    assert.deepEqual(timeless(await evaluate(request, store)), timeless(await evaluate(request)));
    assert.equal(problems.length, 1);
  });
});
