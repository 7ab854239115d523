import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { timed } from '../../../bench/timed.js';
import { timedJson, timedText } from '../../../bench/timed-report.js';
import { inTurns } from '../../../bench/turns.js';
import { WORKLOADS, type WorkloadName } from '../../../bench/workloads/workloads.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const MAIN = fileURLToPath(new URL('../../../bench/main.js', import.meta.url));
const BRIEF = ['--engine', 'wasm', '--batch', '2', '--iterations', '2', '--repeats', '1', '--warmup', '1'];
const SMALL = [...BRIEF, '--model', 'lenet-2-4-8'];

/** Stands in for the peer: it says what it was asked, and that a step takes a second. */
const PEER = `console.log(JSON.stringify({
  engine: 'stand-in', threads: 3, precision: 'fp32', attacked: 2, secondsPerStep: 1, asked: process.argv.slice(2).join(' '),
}));`;

describe('benchmarks', () => {
  const directory = temporaryDirectory();

  it('contestants take turns, each warmed up first and before each turn', async () => {
    const log: string[] = [];
    const contestant = (name: string) => ({
      name,
      warmUp: (runs: number) => Promise.resolve(void log.push(`${name} warms up ${runs}`)),
      turn: (runs: number) => Promise.resolve(log.push(`${name} runs ${runs}`)),
      facts: () => Promise.resolve({}),
      close: () => Promise.resolve(),
    });
    const plan = { warmUps: 2, turns: 2, runsPerTurn: 3 };
    const times = await inTurns([contestant('a'), contestant('b')], plan, () => undefined);
    const turn = ['a warms up 1', 'a runs 3', 'b warms up 1', 'b runs 3'];
    assert.deepEqual(log, ['a warms up 2', 'b warms up 2', ...turn, ...turn]);
    assert.deepEqual(times, [
      [4, 8],
      [6, 10],
    ]);
  });

  for (const [name, { figure, what }] of Object.entries(WORKLOADS)) {
    it(`${name}: gives ${figure}, and says what was measured`, async () => {
      const result = await timed(name as WorkloadName, SMALL);
      const json = timedJson(result) as Record<string, unknown>;
      assert.ok(Number(json[figure]) > 0);
      const { benchmark, engine, device, threads, precision, model, shapes, parameters } = json;
      assert.deepEqual(
        { benchmark, engine, device, threads, precision, model, shapes, parameters },
        {
          ...{ benchmark: name, engine: 'wasm', device: 'cpu', threads: 1, precision: 'float32' },
          ...{ model: 'lenet-2-4-8', shapes: { inputs: [2, 28, 28, 1], logits: [2, 10] } },
          // 5·5·1·2 + 2, 5·5·2·4 + 4, 7·7·4·8 + 8, 8·10 + 10
          parameters: 52 + 204 + 1576 + 90,
        },
      );
      assert.match(timedText(result), new RegExp(`^One ${what}: lenet-2-4-8, 2 × \\[28, 28, 1\\]`));
    });
  }

  for (const model of ['mlp-8', 'cnn-2-8'])
    it(`step: trains ${model}`, async () => {
      const result = await timed('step', [...BRIEF, '--model', model]);
      assert.ok(result.ours.seconds > 0);
    });

  it('prints one JSON object, another engine beside ours', async function () {
    const args = [MAIN, 'gradient', ...SMALL, '--json', '--against', 'wasm', '--runs', '1'];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
    const json = JSON.parse(stdout) as { secondsPerGradient: number; others: Record<string, unknown>[] };
    assert.match(stderr, /turn 1 of 1: wasm [\d.e-]+ s, wasm [\d.e-]+ s/);
    const [other] = json.others;
    assert.equal(other?.engine, 'wasm');
    assert.equal(other.ratio, Number(other.secondsPerGradient) / json.secondsPerGradient);
  });

  it('runs the peer with the same settings, and says how many times as long it took', async () => {
    const oracle = join(directory(), 'peer.mjs');
    await writeFile(oracle, PEER);
    const model = ['--model', 'wrn-10-1', '--runs', '1'];
    const peer = ['--peer', '--python', process.execPath, '--oracle', oracle, '--channels-last'];
    const { ours, others } = await timed('step', [...BRIEF, ...model, ...peer]);
    const [other] = others;
    assert.equal(other?.name, 'PyTorch channels-last');
    assert.equal(other.ratio, 1 / ours.seconds);
    assert.deepEqual(other.facts, {
      ...{ engine: 'peer', device: 'cpu', library: 'stand-in', threads: 3, precision: 'float32' },
      ...{ channelsLast: true, attacked: 2 },
    });
  });

  it('says what is wrong with a Python that has no PyTorch', async () => {
    const oracle = join(directory(), 'peer.mjs');
    await writeFile(oracle, 'console.error("page of trace\\nNo module named torch"); process.exitCode = 1;');
    const peer = ['--model', 'lenet5', '--peer', '--oracle', oracle];
    const expected = '--python: expected a Python that has PyTorch, got';
    await assert.rejects(timed('step', [...SMALL, ...peer, '--python', process.execPath]), {
      message: `${expected} ${process.execPath}: No module named torch`,
    });
    await assert.rejects(timed('step', [...SMALL, ...peer, '--python', 'no-python']), {
      message: `${expected} no-python: none of that name`,
    });
  });

  it('measures parts of a step beside PyTorch, where it and the reference are there', async function () {
    const python = process.env['MAXMARGIN_PYTHON'] ?? 'python3';
    const oracle = join('..', 'shared', 'oracle', 'mma_oracle.py');
    const loads = await promisify(execFile)(python, ['-c', 'import torch']).then(
      () => existsSync(oracle),
      () => false,
    );
    if (!loads) this.skip();
    const args = [...SMALL, '--runs', '1', '--peer', '--python', python, '--oracle', oracle];
    const { others } = await timed('gradient', args);
    assert.ok((others[0]?.seconds ?? NaN) > 0);
  });

  const refused: readonly [string, readonly string[], RegExp][] = [
    ['an unknown engine', ['--engine', 'abacus'], /^--engine: expected one of auto, .*got "abacus"$/],
    ['an unknown model', ['--model', 'resnet'], /^--model: expected one of lenet, wrn, mlp, cnn, .*got "resnet"$/],
    ['a depth that there is not', ['--model', 'wrn-27-4'], /^--model: expected a depth of 6n \+ 4: .*got 27$/],
    ['a count that is none', ['--batch', '0'], /^--batch: expected a whole number from 1, got "0"$/],
    ['an unknown option', ['--enjine', 'wasm'], /--enjine/],
    ['a peer without such a model', ['--peer'], /^--model: expected lenet5 or wrn-D-W for a step beside --peer/],
    ['a peer that is not there', ['--model', 'lenet5', '--peer', '--oracle', 'no.py'], /^--oracle: .*got no\.py/],
  ];
  for (const [what, args, message] of refused)
    it(`refuses ${what}`, () => assert.rejects(timed('step', [...SMALL, ...args]), { message }));
});
