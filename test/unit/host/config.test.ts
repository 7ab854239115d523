import assert from 'node:assert/strict';
import { address, choice, helpText, integer, list, readConfig, text } from '../../../host/config.js';

const settings = {
  registry: text('DIR', './registry', 'Where models are.'),
  maxBatch: integer([1, 1_000], 256, 'Largest batch.'),
  engine: choice(['auto', 'wasm'], 'auto', 'What runs tensors.'),
  models: list('NAMES', 'Which models.'),
  httpAddress: address('0.0.0.0:8081', 'Where HTTP listens.'),
};

describe('config', () => {
  it('takes flags before environment before defaults', () => {
    const environment = { MAXMARGIN_MAX_BATCH: '7', MAXMARGIN_ENGINE: 'wasm' };
    const config = readConfig(settings, ['--engine=auto', '--models', 'a,b'], environment);
    assert.deepEqual(config, {
      registry: './registry',
      maxBatch: 7,
      engine: 'auto',
      models: ['a', 'b'],
      httpAddress: '0.0.0.0:8081',
    });
  });

  for (const [argv, environment, message] of [
    [['--max-batch', '0'], {}, '--max-batch: expected an integer from 1 to 1000, got "0"'],
    [['--max-batch', '1e3'], {}, '--max-batch: expected an integer from 1 to 1000, got "1e3"'],
    [[], { MAXMARGIN_ENGINE: 'cuda' }, 'MAXMARGIN_ENGINE: expected one of auto, wasm, got "cuda"'],
    [['--http-address', 'nowhere'], {}, '--http-address: expected HOST:PORT, or [IPv6]:PORT, got "nowhere"'],
    [['--http-address', 'h:70000'], {}, '--http-address: expected HOST:PORT, or [IPv6]:PORT, got "h:70000"'],
  ] as const) {
    it(`refuses: ${message}`, () => {
      assert.throws(() => readConfig(settings, argv, environment), {
        name: 'DomainError',
        kind: 'invalid-input',
        message,
      });
    });
  }

  for (const [argv, message] of [
    [['--colour'], 'unknown option --colour'],
    [['--modles', 'a', '--max-batch', '0'], 'unknown option --modles (did you mean --models?)'],
    [['--max-batch', '0', '--modles', 'a'], '--max-batch: expected an integer from 1 to 1000, got "0"'],
    [['--max-batch'], '--max-batch: expected an integer from 1 to 1000, got nothing'],
    [['--max-batch', '7', 'more'], 'arguments: expected options alone, got "more"'],
  ] as const) {
    it(`complains of the first wrong flag: ${argv.join(' ')}`, () => {
      assert.throws(() => readConfig(settings, argv, {}), { kind: 'invalid-input', message });
    });
  }

  it('shows every flag with its default in the help', () => {
    const help = helpText({ name: 'server', summary: 'Serves.', example: 'server --max-batch 8', settings });
    for (const part of ['--registry DIR', '--max-batch N', '(default 256)', '--engine auto|wasm', 'Example: server']) {
      assert.ok(help.includes(part), part);
    }
  });
});
