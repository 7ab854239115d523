import { Option } from 'commander';
import type { Command } from 'commander';
import { NORMS } from '../../../core/margin/threat-model.js';
import type { Norm } from '../../../core/margin/threat-model.js';
import { command } from '../../../host/config/command.js';
import type { ExportFormat } from '../local/export-locally.js';
import { parseSelector } from '../models/selector.js';
import { decimal, integer } from '../option-types.js';
import { printResult } from '../output/print.js';
import { CommandFailure } from '../report-failure.js';
import { withOutput } from '../shared-options.js';
import type { OutputOptions } from '../shared-options.js';

interface Options extends OutputOptions {
  readonly registry: string;
  readonly format: ExportFormat;
  readonly output: string;
  readonly attack?: boolean;
  readonly norm?: Norm;
  readonly maxDistance?: number;
  readonly iterations: number;
  readonly bisections: number;
}

const FORMATS = ['onnx', 'layers-model', 'safetensors'] as const satisfies readonly ExportFormat[];

/** `maxmargin models export`: a published model, or the search for its margins, as files for other programs. */
export function exportModelCommand(): Command {
  const summary = 'Write a published model, or the whole search for its margins, for other programs';
  const examples = [
    'maxmargin models export digits --output digits.onnx',
    'maxmargin models export digits 3 --format layers-model --output digits-3',
    'maxmargin models export digits --attack --iterations 40 --output attack.onnx',
  ];
  return withOutput(command('export', summary), examples.join('\n'))
    .argument('[model]', 'the model (default: the only one there is)')
    .argument('[version]', 'a version or an alias (default: the champion)')
    .requiredOption('--output <path>', 'the file, or for layers-model the directory, to write')
    .option('--registry <dir>', 'where the model is published', './registry')
    .addOption(new Option('--format <format>', 'of the model').choices(FORMATS).default('onnx'))
    .option('--attack', 'write AN-PGD on the model instead: inputs, labels, radii, uniforms → perturbations, distances')
    .addOption(new Option('--norm <norm>', "of the attack (default: the model's own)").choices(NORMS))
    .option(
      '--max-distance <d>',
      "d_max of the attack, which searches 1.05 times as far (default: the model's own)",
      decimal(0),
    )
    .option('--iterations <n>', 'gradient evaluations of the attack', integer(1), 40)
    .option('--bisections <n>', 'forward evaluations of the attack', integer(1), 10)
    .action(async (name: string | undefined, selector: string | undefined, options: Options) => {
      const { registry, format, output, norm, maxDistance, iterations, bisections } = options;
      if (options.attack === true && format !== 'onnx')
        throw new CommandFailure(`--format ${format}: expected onnx for an attack`, 2);
      if (maxDistance === 0) throw new CommandFailure('--max-distance: expected a number above 0, got 0', 2);
      const { exportLocally } = await import('../local/export-locally.js');
      const exported = await exportLocally({
        model: { name, ...parseSelector(selector) },
        registry,
        format,
        output,
        attack: options.attack === true ? { norm, maxDistance, iterations, bisections } : undefined,
      });
      printResult(options.json, exported, () => {
        const { model, version, attack, files } = exported;
        const what = attack === undefined ? format : `AN-PGD in ${attack.norm} up to ${attack.maxDistance} as onnx`;
        const sizes = files.map(({ path, sizeBytes }) => `${path} (${(sizeBytes / 1e6).toFixed(1)} MB)`);
        return `Wrote ${model} version ${version}, ${what}: ${sizes.join(', ')}.`;
      });
    });
}
