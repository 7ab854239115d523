import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { choice, integer, text, words } from '../../../../core/field.js';
import { address, helpText, readProgram, setting } from '../../../../host/config/program.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

const settings = {
  registry: setting(text('dir'), './registry', 'Where models are.'),
  maxBatch: setting(integer({ atLeast: 1, atMost: 1_000 }), 256, 'Largest batch.'),
  engine: setting(choice(['auto', 'wasm']), 'auto', 'What runs tensors.'),
  models: setting(words('names'), [], 'Which models.'),
  httpAddress: setting(address, '0.0.0.0:8081', 'Where HTTP listens.'),
};
const program = { name: 'server', summary: 'Serves.', example: 'server --max-batch 8', settings };

describe('config', () => {
  it('takes flags before environment before defaults', () => {
    const environment = { MAXMARGIN_MAX_BATCH: '7', MAXMARGIN_ENGINE: 'wasm' };
    const { config } = readProgram(program, ['--engine=auto', '--models', 'a,b'], environment);
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
      assert.throws(() => readProgram(program, argv, environment), {
        name: 'DomainError',
        kind: 'invalid-input',
        message,
      });
    });
  }

  for (const [argv, message] of [
    [['--colour'], "unknown option '--colour'"],
    [['--modles', 'a', '--max-batch', '0'], "unknown option '--modles' (Did you mean --models?)"],
    [['--max-batch', '0', '--modles', 'a'], '--max-batch: expected an integer from 1 to 1000, got "0"'],
    [['--max-batch'], '--max-batch: expected an integer from 1 to 1000, got nothing'],
    [['--max-batch', '7', 'more'], 'arguments: expected options alone, got "more"'],
  ] as const) {
    it(`complains of the first wrong flag: ${argv.join(' ')}`, () => {
      assert.throws(() => readProgram(program, argv, {}), { kind: 'invalid-input', message });
    });
  }

  it('shows every flag with its default in the help', () => {
    const help = helpText(program);
    for (const part of ['--registry <dir>', '--max-batch <n>', '(default: 256)', '--engine <name>', 'auto, wasm']) {
      assert.ok(help.includes(part), part);
    }
  });

  const directory = temporaryDirectory();
  const written = (content: string) => {
    const file = join(directory(), 'server.yaml');
    writeFileSync(file, content);
    return file;
  };

  it('takes a file after flags and environment, and before defaults', () => {
    const file = written('maxBatch: 7\nengine: wasm\nmodels: [a, b]\nregistry: there # for now\n');
    const { config } = readProgram(program, ['--max-batch', '9'], { MAXMARGIN_ENGINE: 'auto', MAXMARGIN_CONFIG: file });
    assert.deepEqual(config, { ...config, maxBatch: 9, engine: 'auto', models: ['a', 'b'], registry: 'there' });
    assert.equal(config.httpAddress, '0.0.0.0:8081');
    assert.deepEqual(readProgram(program, ['--config', written('')], {}).config, readProgram(program, [], {}).config);
  });

  it('prints what it has come to, and where from, as such a file', () => {
    const file = written('engine: wasm\nmodels: [a, b]\n');
    const argv = ['--config', file, '--max-batch', '9', '--print-config'];
    const { printed = '', config } = readProgram(program, argv, { MAXMARGIN_REGISTRY: 'there' });
    assert.equal(
      printed,
      [
        'registry: there # MAXMARGIN_REGISTRY',
        'maxBatch: 9 # --max-batch',
        `engine: wasm # ${file}: engine`,
        `models: [ a, b ] # ${file}: models`,
        'httpAddress: 0.0.0.0:8081 # default',
        '',
      ].join('\n'),
    );
    assert.deepEqual(readProgram(program, ['--config', written(printed)], {}).config, config);
  });

  for (const [content, message] of [
    ['maxBatch: 0', ': maxBatch: expected an integer from 1 to 1000, got 0'],
    ['maxBatch: many', ': maxBatch: expected an integer from 1 to 1000, got "many"'],
    ['maxBatch:', ': maxBatch: expected an integer from 1 to 1000, got nothing'],
    ['models: {a: 1}', ': models: expected words separated by commas, got {"a":1}'],
    [
      'maxBatches: 3',
      ': expected one of registry, maxBatch, engine, models, httpAddress (did you mean maxBatch?), got "maxBatches"',
    ],
    ['constructor: 1', ': expected one of registry, maxBatch, engine, models, httpAddress, got "constructor"'],
    ['- 1', ': expected names with values, got [1]'],
    [
      'a: [',
      ': expected YAML, got Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 5:',
    ],
    ['engine: auto\nengine: wasm', ': expected YAML, got Map keys must be unique at line 2, column 1:'],
  ] as const)
    it(`refuses a file: ${content.replaceAll('\n', '; ')}`, () => {
      const file = written(content);
      assert.throws(() => readProgram(program, ['--config', file], {}), {
        kind: 'invalid-input',
        message: file + message,
      });
    });

  it('refuses a file that is not there, naming what named it', () => {
    const file = join(directory(), 'none.yaml');
    const expected = (source: string) => ({
      kind: 'invalid-input',
      message: new RegExp(`^${source}: expected a file that can be read, got .*none\\.yaml \\(ENOENT`),
    });
    assert.throws(() => readProgram(program, ['--config', file], {}), expected('--config'));
    assert.throws(() => readProgram(program, [], { MAXMARGIN_CONFIG: file }), expected('MAXMARGIN_CONFIG'));
  });
});
