import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createFileRegistry, fromBinary, type DescMessage } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { checked } from '../../../../core/field.js';
import { NORMS } from '../../../../core/margin/threat-model.js';
import { completeSpec } from '../../../../trainer/jobs/job-spec.js';
import { contractName, TRAINING_SPEC } from '../../../../trainer/jobs/training-spec.js';
import {
  defaultOf,
  defaultWords,
  isRow,
  settablesOf,
  type Before,
  type Row,
  type Table,
} from '../../../../trainer/mma/hyperparameter.js';
import { METHODS } from '../../../../trainer/mma/hyperparameters.js';

const descriptors = fromBinary(
  FileDescriptorSetSchema,
  readFileSync(new URL('../../../../../proto/gen/descriptors.binpb', import.meta.url)),
);

/** What the contract has, and what enumerations name. */
function contractFields(message: DescMessage, path = ''): readonly string[] {
  return message.fields.flatMap((field) => {
    const name = path + field.name;
    if (field.fieldKind === 'enum') {
      const prefix = `${field.enum.name}_`.toUpperCase();
      const names = field.enum.values.filter(({ number }) => number > 0).map((value) => value.name);
      return names.map((value) => `${name}: ${prefix} ${value}`);
    }
    return field.fieldKind === 'message' ? contractFields(field.message, `${name}.`) : [name];
  });
}

function tableFields(table: Table, path = ''): readonly string[] {
  return Object.entries(table).flatMap(([field, entry]) => {
    const name = path + contractName(field);
    if (!isRow(entry)) return tableFields(entry, `${name}.`);
    const also = entry.saidBy === undefined ? [] : [path + contractName(entry.saidBy.field)];
    if (entry.enumeration === undefined) return [name, ...also];
    const prefix = `${entry.enumeration}_`;
    return (entry.field.names ?? []).map(
      (value) => `${name}: ${prefix} ${prefix}${value.replaceAll('-', '_').toUpperCase()}`,
    );
  });
}

const rowsOf = (table: Table): readonly (readonly [string, Row<unknown>])[] =>
  Object.entries(table).flatMap(([name, entry]) => (isRow(entry) ? [[name, entry] as const] : rowsOf(entry)));

describe('the table of a training spec', () => {
  it('has every field of the contract, and the contract every row', () => {
    const message = createFileRegistry(descriptors).getMessage('maxmargin.v1.TrainingSpec');
    assert.ok(message !== undefined);
    const allowed = new Set([
      // The contract says an optimizer by which message is there, and its changes one by one.
      'optimizer.rule',
      'optimizer.schedule',
      'optimizer.schedule.from_step',
      'optimizer.schedule.learning_rate',
      // The contract's losses are one enumeration; those that do not cross zero are refused here.
      'losses.search: LOSS_ LOSS_CE',
      'losses.search: LOSS_ LOSS_CW',
    ]);
    const compared = (names: readonly string[]) => names.filter((name) => !allowed.has(name)).toSorted();
    assert.deepEqual(compared(tableFields(TRAINING_SPEC)), compared(contractFields(message)));
  });

  for (const method of METHODS)
    for (const norm of NORMS)
      it(`has defaults that it takes itself (${method}, ${norm})`, () => {
        const { data, training } = completeSpec({ model: 'm', method, norm });
        const before = { epsilon: 0.1, ...training, ...data, rule: training.optimizer.rule } as unknown as Before;
        for (const [name, row] of rowsOf(TRAINING_SPEC)) {
          const value = defaultOf(row, before);
          if (value !== undefined) assert.deepEqual(checked(row.within?.(before) ?? row.field, name, value), value);
        }
      });

  it('says of every row what it is and what is taken without it', () => {
    for (const [name, row] of rowsOf(TRAINING_SPEC)) {
      assert.notEqual(row.help, '', name);
      assert.notEqual(defaultWords(row), '', name);
    }
  });

  it('gives every option its own name', () => {
    const options = settablesOf(TRAINING_SPEC).map(({ option }) => option);
    assert.equal(new Set(options).size, options.length);
  });
});
