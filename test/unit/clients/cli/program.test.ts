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
});
