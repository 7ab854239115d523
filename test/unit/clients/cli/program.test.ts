import assert from 'node:assert/strict';
import type { Command } from 'commander';
import { maxmarginProgram } from '../../../../clients/cli/program.js';

function leaves(command: Command, path: readonly string[] = []): { command: Command; path: string }[] {
  const words = [...path, command.name()];
  if (command.commands.length === 0) return [{ command, path: words.join(' ') }];
  return command.commands.flatMap((sub) => leaves(sub, words));
}

/** What `--help` prints. */
function help(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

describe('the command line', () => {
  const commands = leaves(maxmarginProgram());

  it('has the commands that people are told of', () => {
    const names = ['start', 'serve', 'trainer', 'train', 'evaluate', 'classify', 'margin', 'call'];
    const models = ['list', 'show', 'promote', 'rollback', 'delete', 'import', 'export'].map(
      (name) => `models ${name}`,
    );
    const jobs = ['list', 'show', 'watch', 'cancel', 'resume'].map((name) => `jobs ${name}`);
    const data = ['make', 'fetch', 'info', 'image'].map((name) => `data ${name}`);
    const engines = ['tensorflow', 'torch'].map((name) => `engine ${name}`);
    const expected = [...names, ...models, ...jobs, ...data, ...engines].map((name) => `maxmargin ${name}`);
    assert.deepEqual(commands.map(({ path }) => path).sort(), expected.sort());
  });

  for (const { command, path } of commands) {
    // These two hand --help on to the services, which have examples of their own.
    if (path === 'maxmargin serve' || path === 'maxmargin trainer') continue;
    it(`${path} has help with an example, and prints JSON for machines`, () => {
      const text = help(command);
      assert.ok(text.includes(`\nExample:\n  ${path}`), text);
      assert.match(text, /--json /);
    });
  }

  describe('complains of the first wrong option', () => {
    const complaint = (argv: readonly string[]): string => {
      let said = '';
      const program = maxmarginProgram();
      const silence = (each: Command): void => {
        each.configureOutput({
          writeErr: (text) => {
            said += text;
          },
          writeOut: () => undefined,
        });
        each.commands.forEach(silence);
      };
      silence(program);
      assert.throws(() => program.parse(argv, { from: 'user' }));
      return said;
    };
    for (const [argv, message] of [
      ['margin --bugdet fast --norm l3', /unknown option '--bugdet'\n\(Did you mean --budget\?\)/],
      ['margin --norm l3 --bugdet fast', /'--norm <norm>' argument 'l3' is invalid/],
      ['models import --nmae x --weights y', /unknown option '--nmae'\n\(Did you mean --name\?\)/],
      ['models list --foo=3', /unknown option '--foo=3'/],
      ['margin x.png --label', /'--label <class,…>' argument missing/],
      ['margin x.png --max-distance -1', /'--max-distance <d>' argument '-1' is invalid/],
      ['margin x.png -x', /unknown option '-x'/],
    ] as const)
      it(argv, () => {
        assert.match(complaint(argv.split(' ')), message);
      });

    it('and of none where help is asked for', () => {
      assert.match(complaint(['margin', '--bugdet', '--help']), /^$/);
    });
  });
});
