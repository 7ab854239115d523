import { Option } from 'commander';
import type { Command } from 'commander';
import type { Model, ModelVersion } from '../../client/models.js';
import { NORMS } from '../../../core/margin/threat-model.js';
import type { Norm } from '../../../core/margin/threat-model.js';
import { withModelAccess, withModels } from '../models/open-models.js';
import type { ModelAccessOptions } from '../models/open-models.js';
import { parseSelector } from '../models/selector.js';
import { importedFiles } from '../network-files.js';
import { decimal, integer, integers } from '../option-types.js';
import { modelsTable, versionFields } from '../output/model-tables.js';
import { printResult } from '../output/print.js';
import { command } from '../../../host/config/command.js';
import { exportModelCommand } from './export-model.js';
import { CommandFailure } from '../report-failure.js';
import { withOutput } from '../shared-options.js';
import type { OutputOptions } from '../shared-options.js';

type Options = OutputOptions & ModelAccessOptions;
interface AliasOptions extends Options {
  readonly alias: string;
  readonly expected?: number;
}
interface ImportOptions extends Options {
  readonly name: string;
  readonly architecture: string;
  readonly weights: string;
  readonly labels?: readonly string[];
  readonly norm?: Norm;
  readonly maxDistance?: number;
  readonly alias?: string;
  readonly inputShape?: readonly number[];
}

/** `maxmargin models …`: what is published, and which version is the champion. */
export function modelsCommand(): Command {
  const models = command('models', 'List, show, promote, roll back, delete, import and export models');
  const add = (name: string, summary: string, example: string): Command => {
    const sub = withOutput(withModelAccess(command(name, summary)), example);
    models.addCommand(sub);
    return sub;
  };

  add('list', 'List models and their versions', 'maxmargin models list --registry ./registry').action(
    async (options: Options) => {
      const listed = await withModels(options, (access) => access.listModels());
      printResult(options.json, listed, () => (listed.length === 0 ? 'No models.' : modelsTable(listed)));
    },
  );

  add(
    'show',
    'Show one version with its evaluation',
    'maxmargin models show digits\nmaxmargin models show digits 3 --json',
  )
    .argument('[model]', 'the model (default: the only one there is)')
    .argument('[version]', 'a version or an alias (default: the champion)')
    .action(async (name: string | undefined, selector: string | undefined, options: Options) => {
      const version = await withModels(options, (access) => access.getModel({ name, ...parseSelector(selector) }));
      printResult(options.json, version, () => versionFields(version));
    });

  withAlias(
    add(
      'promote',
      'Point the alias champion to a version, once its files have been checked',
      'maxmargin models promote digits 2',
    ),
  )
    .argument('<model>', 'the model')
    .argument('<version>', 'the version', integer(1))
    .option('--expected <version>', 'fail unless it points there now (default: where it points when asked)', integer(0))
    .action(async (name: string, version: number, options: AliasOptions) => {
      const moved = await withModels(options, async (access) => {
        const expected = options.expected ?? (await findModel(access, name)).aliases[options.alias] ?? 0;
        return { model: await access.setAlias(name, options.alias, version, expected), from: expected };
      });
      printMove(options, moved.model, moved.from);
    });

  withAlias(
    add(
      'rollback',
      'Undo the last promotion: point the alias champion back to the version that it pointed to before',
      'maxmargin models rollback digits',
    ),
  )
    .argument('<model>', 'the model')
    .action(async (name: string, options: AliasOptions) => {
      const moved = await withModels(options, async (access) => {
        const model = await findModel(access, name);
        const from = model.aliases[options.alias];
        if (from === undefined) throw new CommandFailure(`model ${name}: alias ${options.alias} is not set`);
        return { model: await access.rollbackAlias(name, options.alias, from), from };
      });
      printMove(options, moved.model, moved.from);
    });

  add(
    'delete',
    'Delete a version that no alias points to; its number is not used again',
    'maxmargin models delete digits 2',
  )
    .argument('<model>', 'the model')
    .argument('<version>', 'the version', integer(1))
    .action(async (name: string, version: number, options: Options) => {
      await withModels(options, (access) => access.deleteVersion(name, version));
      printResult(options.json, { model: name, deletedVersion: version }, () => `Deleted ${name} version ${version}.`);
    });

  add(
    'import',
    'Publish weights that were trained elsewhere',
    'maxmargin models import --name elsewhere --architecture wrn --weights wrn-28-4.safetensors\n' +
      'maxmargin models import --name elsewhere --architecture layers-model --weights saved/model.json',
  )
    .requiredOption('--name <name>', 'the name to publish under')
    .requiredOption(
      '--architecture <family>',
      'lenet, wrn, mlp or cnn, sizes are read off the weights; or layers-model',
    )
    .requiredOption(
      '--weights <file>',
      'a safetensors file: conv1.kernel [5, 5, in, out], …, dense2.bias; of a layers-model its model.json',
    )
    .option('--labels <a,b,…>', 'what the classes are called (default: their numbers)', (text) => text.split(','))
    .addOption(new Option('--norm <norm>', 'what margins are measured in (default: linf)').choices(NORMS))
    .option('--max-distance <d>', 'd_max of that norm (default: 0.45 or 2)', decimal(0))
    .option('--alias <alias>', 'an alias to set (default: champion if the model has none yet)')
    .option(
      '--input-shape <h,w,c>',
      'of an input (default: square images, as large as fits; 32×32 for wrn)',
      integers(1),
    )
    .action(async ({ registry, address, weights: file, json, ...model }: ImportOptions) => {
      const files = await importedFiles(model.architecture, file);
      const version = await withModels(
        { registry, ...(address !== undefined && { address }) },
        (access) => access.importModel({ ...model, ...files }),
        'make',
      );
      printResult(json, version, () => `Imported ${version.name} version ${version.version}${pointed(version)}.`);
    });

  return models.addCommand(exportModelCommand());
}

function withAlias(sub: Command): Command {
  return sub.option('--alias <alias>', 'the alias to move', 'champion');
}

async function findModel(access: { listModels(): Promise<Model[]> }, name: string): Promise<Model> {
  const found = (await access.listModels()).find((model) => model.name === name);
  if (found === undefined) throw new CommandFailure(`model: expected one that is registered, got ${name}`);
  return found;
}

function printMove({ json, alias }: AliasOptions, model: Model, from: number): void {
  const version = model.aliases[alias] ?? 0;
  const result = { model: model.name, alias, version, previousVersion: from === 0 ? undefined : from };
  printResult(json, result, () => {
    const before = from === 0 ? 'which was not set' : `which was version ${from}`;
    return `${model.name}: ${alias}, ${before}, is version ${version} now.`;
  });
}

function pointed({ aliases }: ModelVersion): string {
  return aliases.length === 0 ? '' : ` as ${aliases.join(', ')}`;
}
