import assert from 'node:assert/strict';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFewDigits } from '../support/few-digits.js';
import { assertNear } from '../support/near.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { startCommand, type Ended, type RunningCommand } from './command-line.js';
import { loadTorchAddon } from '../../core/engine/torch/addon-binding.js';
import { messageOf } from '../../core/errors.js';

const MODELS = { LeNet: 'lenet-4-6-16', 'WRN-10-1': 'wrn-10-1' } as const;
const STEPS = 6;

/** A training of few digits; the last step's weights are the only ones that are validated, and so those that are published. */
const training = (architecture: string): string[] => [
  ...['train', '--engine', 'torch', '--json', '--peer-timeout', '60', '--data', 'data', '--dataset', 'mnist'],
  ...['--architecture', architecture, '--train-examples', '60', '--validation-examples', '10', '--batch-size', '10'],
  ...['--steps', String(STEPS), '--validation-interval', String(STEPS), '--checkpoint-interval', '2'],
  ...['--attack-iterations', '3', '--bisections', '3', '--optimizer', 'sgd', '--learning-rate', '0.02'],
  ...['--validation-margin-examples', '4', '--evaluation-margin-examples', '2'],
];

describe('training in two processes that Gloo connects', function () {
  this.timeout(240_000);
  const directory = temporaryDirectory();

  before(function () {
    try {
      loadTorchAddon();
    } catch (error) {
      const [first] = this.test?.parent?.tests ?? [];
      if (first !== undefined) first.title += ` (this and all below skipped: ${messageOf(error)})`;
      this.skip();
    }
  });
  beforeEach(() => writeFewDigits(join(directory(), 'data', 'mnist')));

  /** Starts both, each with a registry and checkpoints of its own, as on two machines. */
  async function startBoth(architecture: string): Promise<readonly [RunningCommand, RunningCommand]> {
    const port = await freePort();
    const start = (rank: number): RunningCommand => {
      const own = ['--registry', `registry-${rank}`, '--checkpoints', `checkpoints-${rank}`];
      const place = { WORLD_SIZE: '2', RANK: String(rank), MASTER_ADDR: 'localhost', MASTER_PORT: String(port) };
      // One thread each: the tests share the processors with others.
      const environment = { ...place, OMP_NUM_THREADS: '1', GLOO_SOCKET_IFNAME: 'lo' };
      return startCommand([...training(architecture), ...own], directory(), environment);
    };
    return [start(0), start(1)];
  }

  const known = new Map<string, Float32Array>();
  const trainAlone = async (architecture: string): Promise<Float32Array> => {
    const before = known.get(architecture);
    if (before !== undefined) return before;
    const own = ['--registry', 'registry', '--checkpoints', 'checkpoints'];
    succeeded(await startCommand([...training(architecture), ...own], directory()).ended);
    const weights = await weightsIn('registry');
    known.set(architecture, weights);
    return weights;
  };
  const succeeded = ({ code, stderr }: Ended): void => {
    assert.equal(code, 0, stderr);
  };
  const weightsIn = async (registry: string): Promise<Float32Array> => {
    const bytes = await readFile(join(directory(), registry, 'mnist', '1', 'weights.bin'));
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  };
  const checkpoints = async (): Promise<string[]> => {
    await mkdir(join(directory(), 'checkpoints-0'), { recursive: true });
    const files = await readdir(join(directory(), 'checkpoints-0'), { recursive: true });
    return files.filter((file) => file.endsWith('checkpoint.safetensors'));
  };

  for (const [name, architecture] of Object.entries(MODELS))
    it(`gives the weights of one process on the union of their batches (${name})`, async () => {
      const alone = await trainAlone(architecture);
      const both = await startBoth(architecture);
      for (const each of both) succeeded(await each.ended);
      assertNear(await weightsIn('registry-0'), alone, 1e-5, 'weights');
      await assert.rejects(readdir(join(directory(), 'registry-1')), 'only rank 0 publishes');
    });

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    it(`says for whom one waits, and ends at once on ${signal}`, async () => {
      const port = await freePort();
      const place = { WORLD_SIZE: '2', MASTER_ADDR: 'localhost', MASTER_PORT: String(port) };
      const alone = (rank: number): RunningCommand =>
        startCommand([...training(MODELS.LeNet), '--checkpoints', 'alone'], directory(), { ...place, RANK: `${rank}` });
      for (const rank of [1, 0]) {
        const waiting = alone(rank);
        const other = new RegExp(`Waiting for rank ${1 - rank} of 2 at localhost:${port}, up to 60 s`);
        await waiting.waitFor(other);
        const began = performance.now();
        const { code, stderr } = await waiting.stop(signal);
        assert.equal(code, 130, stderr);
        assert.match(stderr, /Stopped/);
        assert.ok(performance.now() - began < 10_000, 'it does not wait for the other');
      }
    });

  it('ends on a signal although another one answers no more', async () => {
    const [first, second] = await startBoth(MODELS['WRN-10-1']);
    await eventually(checkpoints, (files) => files.length === 1, 120_000);
    second.process.kill('SIGSTOP');
    try {
      const began = performance.now();
      const { code, stderr } = await first.stop('SIGINT');
      assert.equal(code, 130, stderr);
      assert.match(stderr, /continue/);
      assert.ok(performance.now() - began < 20_000, 'it does not wait for --peer-timeout');
    } finally {
      second.process.kill('SIGCONT');
      await second.stop('SIGKILL');
    }
  });

  it('fails cleanly when one of them is killed, and goes on from the checkpoint to the same weights', async () => {
    const architecture = MODELS['WRN-10-1'];
    const alone = await trainAlone(architecture);
    const [first, second] = await startBoth(architecture);
    await eventually(checkpoints, (files) => files.length === 1, 120_000);
    await second.stop('SIGKILL');
    const failed = await first.ended;
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /rank 0 of 2: another process of this training is lost/);
    assert.match(failed.stderr, /continue from the last checkpoint/);
    assert.equal((await checkpoints()).length, 1);

    const again = await startBoth(architecture);
    for (const each of again) succeeded(await each.ended);
    const { stderr } = await again[0].ended;
    assert.doesNotMatch(stderr, /training 1\/6/);
    assertNear(await weightsIn('registry-0'), alone, 1e-5, 'weights');
  });
});
