import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lenet } from '../../../../core/model/lenet.js';
import { openRegistry } from '../../../../core/registry/open-registry.js';
import type { EvaluationRecord } from '../../../../core/registry/manifest.js';
import { smallPublication } from '../../../support/small-publication.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

const NAME = 'digits';
const EVALUATION: EvaluationRecord = {
  examples: 10,
  cleanAccuracy: 0.9,
  marginExamples: 4,
  meanMargin: 0.2,
  medianMargin: 0.25,
  notFoundFraction: 0.25,
  norm: 'linf',
  maxDistance: 0.45,
  attack: 'an-pgd',
  gradientEvaluations: 40,
  histogram: { edges: [0.1, 0.45], counts: [1, 2, 1] },
};

describe('registry', () => {
  const root = temporaryDirectory();

  it('gives back what was published, with what it added', async () => {
    const registry = await openRegistry(join(root(), 'made', 'on', 'demand'));
    const publication = smallPublication();
    const withEvaluation = { ...publication, manifest: { ...publication.manifest, evaluation: EVALUATION } };
    assert.equal(await registry.publish(NAME, withEvaluation), 1);
    const { manifest, architecture, weights } = await registry.load(NAME, 1);
    assert.deepEqual(
      { architecture, weights },
      { architecture: publication.architecture, weights: publication.weights },
    );
    assert.deepEqual(await registry.manifest(NAME, 1), manifest);
    const { files, publishTime, codeVersion, onnx, ...rest } = manifest;
    const added = { format: 1, name: NAME, version: 1, architecture: 'lenet', inputShape: [8, 8, 1] };
    assert.deepEqual(rest, { ...withEvaluation.manifest, ...added });
    assert.deepEqual(Object.keys(files), ['model.json', 'weights.bin', 'model.onnx']);
    assert.ok(onnx !== undefined && ('unchecked' in onnx || onnx.largestDifference < 1e-5));
    assert.ok(Math.abs(Date.parse(publishTime) - Date.now()) < 60_000);
    assert.match(codeVersion, /^\d+\.\d+\.\d+/);
    assert.deepEqual((await readdir(join(registry.root, NAME, '1'))).sort(), [
      'manifest.json',
      'model.json',
      'model.onnx',
      'weights.bin',
    ]);
    assert.deepEqual(await readdir(join(registry.root, NAME)), ['1']);
  });

  it('numbers versions and names the champion as the parent', async () => {
    const registry = await openRegistry(root());
    assert.equal(await registry.publish(NAME, smallPublication(1)), 1);
    assert.deepEqual(await registry.setAlias(NAME, 'champion', 1), {
      name: NAME,
      versions: [1],
      aliases: { champion: 1 },
    });
    assert.equal(await registry.publish(NAME, smallPublication(2)), 2);
    assert.equal((await registry.manifest(NAME, 1)).parentVersion, undefined);
    assert.equal((await registry.manifest(NAME, 2)).parentVersion, 1);
    assert.deepEqual(await registry.model(NAME), { name: NAME, versions: [1, 2], aliases: { champion: 1 } });
  });

  it('sorts versions by number', async () => {
    const registry = await openRegistry(root());
    for (let version = 1; version <= 11; version++) await registry.publish(NAME, smallPublication());
    assert.deepEqual((await registry.model(NAME)).versions, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('resolves a number, an alias, and without either the champion', async () => {
    const registry = await openRegistry(root());
    await assert.rejects(registry.resolve(NAME, {}), {
      kind: 'not-found',
      message: /expected one that is registered, got digits$/,
    });
    await registry.publish(NAME, smallPublication());
    await registry.publish(NAME, smallPublication());
    await assert.rejects(registry.resolve(NAME, {}), {
      kind: 'failed-precondition',
      message: /alias champion: expected one that is set/,
    });
    await assert.rejects(registry.resolve(NAME, { alias: 'canary' }), {
      kind: 'not-found',
      message: /alias canary/,
    });
    await registry.setAlias(NAME, 'champion', 1);
    await registry.setAlias(NAME, 'canary', 2);
    assert.equal(await registry.resolve(NAME, {}), 1);
    assert.equal(await registry.resolve(NAME, { alias: 'canary' }), 2);
    assert.equal(await registry.resolve(NAME, { version: 2 }), 2);
    await assert.rejects(registry.resolve(NAME, { version: 3 }), {
      kind: 'not-found',
      message: 'model digits: version: expected one of 1, 2 (did you mean 1?), got 3',
    });
    await assert.rejects(registry.resolve(NAME, { alias: 'toString' }), { kind: 'not-found' });
  });

  it('deletes a version that no alias points to, and never uses its number again', async () => {
    const registry = await openRegistry(root());
    for (let version = 1; version <= 3; version++) await registry.publish(NAME, smallPublication());
    await registry.setAlias(NAME, 'champion', 3);
    await registry.setAlias(NAME, 'stable', 3);
    await assert.rejects(registry.deleteVersion(NAME, 3), {
      kind: 'failed-precondition',
      message: /got champion, stable$/,
    });
    await registry.setAlias(NAME, 'champion', 1);
    await registry.setAlias(NAME, 'stable', 1);
    await registry.deleteVersion(NAME, 3);
    await assert.rejects(registry.deleteVersion(NAME, 3), { kind: 'not-found' });
    await assert.rejects(registry.load(NAME, 3), { kind: 'not-found' });
    await assert.rejects(registry.setAlias(NAME, 'champion', 3), { kind: 'not-found' });
    assert.deepEqual((await registry.model(NAME)).versions, [1, 2]);
    assert.equal(await registry.publish(NAME, smallPublication()), 4);
    assert.ok(!(await readdir(join(root(), NAME))).includes('3'));
  });

  it('still knows a model whose versions are all deleted', async () => {
    const registry = await openRegistry(root());
    await registry.publish(NAME, smallPublication());
    await registry.deleteVersion(NAME, 1);
    assert.deepEqual(await registry.listModels(), []);
    assert.deepEqual((await registry.model(NAME)).versions, []);
    await assert.rejects(registry.resolve(NAME, {}), {
      kind: 'failed-precondition',
      message: /expected a published version, got none$/,
    });
    assert.equal(await registry.publish(NAME, smallPublication()), 2);
  });

  it('finishes what a process that was killed had begun: an alias moved, a version deleted', async () => {
    const registry = await openRegistry(root());
    for (let version = 1; version <= 2; version++) await registry.publish(NAME, smallPublication());
    await registry.setAlias(NAME, 'champion', 1);
    // Killed after it committed, before aliases.json and the directory followed.
    const committed = { generation: 2, aliases: { champion: 2 }, deletedVersions: [1] };
    await writeFile(join(root(), NAME, '.aliases-2.json'), JSON.stringify(committed));
    assert.deepEqual(await registry.model(NAME), { name: NAME, versions: [2], aliases: { champion: 2 } });
    assert.equal(await registry.publish(NAME, smallPublication()), 3);
    assert.ok(!(await readdir(join(root(), NAME))).includes('1'));
    await registry.setAlias(NAME, 'champion', 3, 2);
    assert.match(await readFile(join(root(), NAME, 'aliases.json'), 'utf8'), /"generation": 3/);
  });

  it('lists models by name, without what is half-written, unreadable or none', async () => {
    const registry = await openRegistry(root());
    for (const name of ['b', 'a', 'broken', 'half']) await registry.publish(name, smallPublication());
    await writeFile(join(root(), 'broken', 'aliases.json'), '{');
    await rm(join(root(), 'half', '1', 'manifest.json'));
    await mkdir(join(root(), 'half', '2'));
    await mkdir(join(root(), 'empty'));
    await mkdir(join(root(), 'Not A Model', '1'), { recursive: true });
    await writeFile(join(root(), 'file'), '');
    assert.deepEqual(
      (await registry.listModels()).map(({ name }) => name),
      ['a', 'b'],
    );
    const { models, unreadable } = await registry.survey();
    assert.deepEqual(models, await registry.listModels());
    assert.deepEqual(
      unreadable.map(({ name }) => name),
      ['broken'],
    );
    assert.match(unreadable[0]!.problem, /broken\/aliases\.json: expected JSON/);
    await assert.rejects(registry.model('broken'), { kind: 'data-loss', message: /aliases\.json: expected JSON/ });
    await assert.rejects(registry.model('empty'), { kind: 'not-found' });
    await assert.rejects(registry.load('half', 1), { kind: 'not-found' });
    assert.equal(await registry.publish('half', smallPublication()), 3);
  });

  for (const name of [
    '',
    '.',
    '..',
    '../x',
    'a/b',
    '/etc',
    'A',
    '-a',
    '.tmp-1',
    'a\0',
    'a\n',
    'ä',
    'a'.repeat(65),
    'a'.repeat(100_000),
  ]) {
    it(`refuses the name ${JSON.stringify(name.slice(0, 70))}`, async () => {
      const registry = await openRegistry(join(root(), 'registry'));
      const refusal = (field: string) => ({
        kind: 'invalid-input',
        message: new RegExp(`^${field}: expected up to 64 of .{1,200}$`),
      });
      await assert.rejects(registry.publish(name, smallPublication()), refusal('name'));
      await assert.rejects(registry.model(name), refusal('name'));
      await assert.rejects(registry.load(name, 1), refusal('name'));
      await assert.rejects(registry.deleteVersion(name, 1), refusal('name'));
      await assert.rejects(registry.setAlias('a', name, 1), refusal('alias'));
      assert.deepEqual(await readdir(root()), ['registry']);
    });
  }

  for (const version of [0, -1, 1.5, NaN, 1e21]) {
    it(`refuses the version ${version}`, async () => {
      const registry = await openRegistry(root());
      await assert.rejects(registry.load(NAME, version), {
        kind: 'invalid-input',
        message: `version: expected an integer ≥ 1, got ${version}`,
      });
    });
  }

  it('refuses a publication that could not be read back, and leaves nothing', async () => {
    const registry = await openRegistry(root());
    const publication = smallPublication();
    const { manifest } = publication;
    const refused = (change: object, message: RegExp) =>
      assert.rejects(registry.publish(NAME, { ...publication, ...change }), { kind: 'invalid-input', message });
    await refused({ weights: {} }, /^weights: conv1\.kernel: expected float32/);
    await refused({ architecture: lenet({ conv1: 2, conv2: 2, hidden: 3 }, [8, 8, 1], 3) }, /^weights: dense2\.kernel/);
    await refused(
      { manifest: { ...manifest, labels: ['one'] } },
      /^publication\.manifest\.labels: expected 2, one per class, got 1$/,
    );
    await refused(
      { manifest: { ...manifest, bounds: { lower: 1, upper: 0 } } },
      /^publication\.manifest\.bounds: expected lower < upper$/,
    );
    await refused(
      { manifest: { ...manifest, evaluation: { ...EVALUATION, meanMargin: NaN } } },
      /^publication\.manifest\.evaluation\.meanMargin/,
    );
    await refused(
      { manifest: { ...manifest, evaluation: { ...EVALUATION, histogram: { edges: [1], counts: [1] } } } },
      /histogram: expected one count more/,
    );
    const origin = { ...manifest.origin, configuration: 'x'.repeat(5_000_000) };
    await refused({ manifest: { ...manifest, origin } }, /^publication\.manifest: expected at most 4194304 bytes/);
    assert.deepEqual(await readdir(root()), []);
  });
});
