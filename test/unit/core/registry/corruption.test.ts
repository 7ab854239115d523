import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, copyFile, cp, mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../../../core/registry/manifest.js';
import { openRegistry } from '../../../../core/registry/open-registry.js';
import type { Registry } from '../../../../core/registry/registry.js';
import { smallPublication } from '../../../support/small-publication.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

const NAME = 'digits';

interface Mutable {
  files: Record<string, { sizeBytes: number; sha256: string }>;
  [field: string]: unknown;
}

describe('a version whose files are not what they should be', () => {
  const root = temporaryDirectory();
  let registry: Registry;
  let version: string;
  beforeEach(async () => {
    registry = await openRegistry(root());
    await registry.publish(NAME, smallPublication(1));
    await registry.publish(NAME, smallPublication(2));
    version = join(root(), NAME, '1');
  });

  const file = (name: string): string => join(version, name);
  const manifest = async (change: (manifest: Mutable) => unknown): Promise<void> => {
    const value = JSON.parse(await readFile(file('manifest.json'), 'utf8')) as Manifest as unknown as Mutable;
    change(value);
    await writeFile(file('manifest.json'), JSON.stringify(value));
  };
  /** Changes a file and makes the manifest agree with it. */
  const forge = async (name: string, bytes: Uint8Array | string): Promise<void> => {
    await writeFile(file(name), bytes);
    const entry = { sizeBytes: Buffer.byteLength(bytes), sha256: createHash('sha256').update(bytes).digest('hex') };
    await manifest(({ files }) => (files[name] = entry));
  };
  const elsewhere = { sizeBytes: 1, sha256: '0'.repeat(64) };

  const cases: readonly [string, () => Promise<unknown>, RegExp][] = [
    [
      'a flipped bit in weights.bin',
      async () => {
        const b = await readFile(file('weights.bin'));
        b[100]! ^= 1;
        await writeFile(file('weights.bin'), b);
      },
      /1\/weights\.bin: expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}$/,
    ],
    [
      'a flipped bit in model.json',
      async () => {
        const b = await readFile(file('model.json'));
        b[100]! ^= 1;
        await writeFile(file('model.json'), b);
      },
      /1\/model\.json: expected SHA-256/,
    ],
    ['weights.bin too short', () => truncate(file('weights.bin'), 8), /1\/weights\.bin: expected \d+ bytes, got 8$/],
    [
      'weights.bin too long',
      () => appendFile(file('weights.bin'), 'x'),
      /1\/weights\.bin: expected \d+ bytes, got \d+$/,
    ],
    ['weights.bin missing', () => rm(file('weights.bin')), /1\/weights\.bin: expected \d+ bytes, got no such file$/],
    [
      'weights of another version',
      () => copyFile(join(root(), NAME, '2', 'weights.bin'), file('weights.bin')),
      /expected SHA-256/,
    ],
    [
      'weights.bin a link to the same bytes',
      async () => {
        await rename(file('weights.bin'), join(root(), 'w'));
        await symlink(join(root(), 'w'), file('weights.bin'));
      },
      /weights\.bin: expected a regular file, got a link/,
    ],
    [
      'weights.bin a directory',
      async () => {
        await rm(file('weights.bin'));
        await mkdir(file('weights.bin'));
      },
      /weights\.bin: expected a regular file/,
    ],
    [
      'weights.bin a pipe',
      async () => {
        await rm(file('weights.bin'));
        execFileSync('mkfifo', [file('weights.bin')]);
      },
      /weights\.bin: expected a regular file/,
    ],
    [
      'the version a link that leads to a damaged one',
      async () => {
        await writeFile(file('weights.bin'), '');
        await rename(version, join(root(), 'v'));
        await symlink(join(root(), 'v'), version);
      },
      /weights\.bin: expected \d+ bytes, got 0/,
    ],
    ['manifest.json empty', () => writeFile(file('manifest.json'), ''), /1\/manifest\.json: expected JSON, got /],
    [
      'manifest.json no UTF-8',
      () => writeFile(file('manifest.json'), Buffer.of(0xff)),
      /1\/manifest\.json: expected JSON, got /,
    ],
    ['manifest.json a list', () => writeFile(file('manifest.json'), '[]'), /1\/manifest\.json: .*expected object/],
    [
      'manifest.json of 10 GiB',
      () => truncate(file('manifest.json'), 10 * 1024 ** 3),
      /1\/manifest\.json: expected at most 4194304 bytes, got 10737418240$/,
    ],
    [
      'manifest.json a link',
      async () => {
        await rename(file('manifest.json'), join(root(), 'm'));
        await symlink(join(root(), 'm'), file('manifest.json'));
      },
      /manifest\.json: expected a regular file, got a link/,
    ],
    ['a later format', () => manifest((m) => (m.format = 2)), /1\/manifest\.json: format: /],
    ['a field of the wrong type', () => manifest((m) => (m.labels = 'digits')), /1\/manifest\.json: labels: /],
    ['no labels', () => manifest((m) => delete m.labels), /1\/manifest\.json: labels: /],
    [
      'too few labels',
      () => manifest((m) => (m.labels = ['one'])),
      /1\/manifest\.json: labels: expected 2, one per class, got 1$/,
    ],
    [
      'another input shape',
      () => manifest((m) => (m.inputShape = [9, 8, 1])),
      /manifest\.json: inputShape: expected \[8, 8, 1\], got \[9, 8, 1\]$/,
    ],
    [
      'the manifest of another model',
      () => manifest((m) => (m.name = 'other')),
      /1\/manifest\.json: name: expected digits, got other$/,
    ],
    [
      'the manifest of another version',
      () => manifest((m) => (m.version = 2)),
      /1\/manifest\.json: version: expected 1, got 2$/,
    ],
    [
      'a file above the version',
      () => manifest(({ files }) => (files['../2/weights.bin'] = elsewhere)),
      /1\/manifest\.json: files\.\.\.\/2\/weights\.bin: .*directory of the version/,
    ],
    [
      'a file at an absolute path',
      () => manifest(({ files }) => (files['/etc/passwd'] = elsewhere)),
      /manifest\.json: files\.\/etc\/passwd: .*directory of the version/,
    ],
    ['a hidden file', () => manifest(({ files }) => (files['.x'] = elsewhere)), /manifest\.json: files\.\.x: /],
    [
      'no weights among the files',
      () => manifest(({ files }) => delete files['weights.bin']),
      /1\/manifest\.json: files: expected weights\.bin, got none of that name$/,
    ],
    [
      'one more file that is not there',
      () => manifest(({ files }) => (files.extra = elsewhere)),
      /1\/extra: expected 1 bytes, got no such file$/,
    ],
    [
      "a length that is not the file's",
      () => manifest(({ files }) => (files['weights.bin']!.sizeBytes = 1024 ** 3)),
      /1\/weights\.bin: expected 1073741824 bytes, got \d+$/,
    ],
    [
      'a negative length',
      () => manifest(({ files }) => (files['weights.bin']!.sizeBytes = -1)),
      /files\.weights\.bin\.sizeBytes: /,
    ],
    [
      'a checksum that is none',
      () => manifest(({ files }) => (files['weights.bin']!.sha256 = 'x')),
      /files\.weights\.bin\.sha256: expected a SHA-256/,
    ],
    [
      'weights of the wrong length, with the right checksum',
      () => forge('weights.bin', Buffer.alloc(12)),
      /digits\/1: weights\.bin: expected \d+ bytes, got 12$/,
    ],
    [
      'NaN weights, with the right checksum',
      async () => forge('weights.bin', Buffer.alloc((await readFile(file('weights.bin'))).length, 0xff)),
      /digits\/1: weights: conv1\.kernel: expected finite values/,
    ],
    [
      'model.json that is no model, with the right checksum',
      () => forge('model.json', '{}'),
      /digits\/1: model\.json: format/,
    ],
    [
      'a weights path outside, with the right checksum',
      async () =>
        forge(
          'model.json',
          (await readFile(file('model.json'), 'utf8')).replace('"weights.bin"', '"../2/weights.bin"'),
        ),
      /digits\/1: model\.json: weightsManifest: paths: .*\.\.\/2\/weights\.bin/,
    ],
    [
      'a 1 GiB claim in model.json, with the right checksum',
      async () =>
        forge('model.json', (await readFile(file('model.json'), 'utf8')).replace('"units":3}', '"units":65536}')),
      /digits\/1: model\.json: weightsManifest/,
    ],
  ];
  for (const [what, corrupt, message] of cases) {
    it(`is refused: ${what}`, async () => {
      await corrupt();
      await assert.rejects(registry.load(NAME, 1), (error: Error & { kind: string }) => {
        assert.equal(error.kind, 'data-loss', error.message);
        assert.match(error.message, message);
        return true;
      });
      assert.equal((await registry.load(NAME, 2)).manifest.version, 2);
      assert.equal(await registry.publish(NAME, smallPublication()), 3);
    });
  }

  it('is not found under another name or number', async () => {
    await cp(version, join(root(), NAME, '7'), { recursive: true });
    await assert.rejects(registry.load(NAME, 7), {
      kind: 'data-loss',
      message: /7\/manifest\.json: version: expected 7, got 1$/,
    });
  });

  it('does not keep aliases.json from being read as far as it is whole', async () => {
    await registry.setAlias(NAME, 'champion', 1);
    const aliases = join(root(), NAME, 'aliases.json');
    for (const bad of [
      '',
      '{"aliases":{"champion":"1"},"generation":1,"deletedVersions":[]}',
      'x'.repeat(5 * 1024 ** 2),
    ]) {
      await rm(aliases);
      await writeFile(aliases, bad);
      await assert.rejects(registry.resolve(NAME, {}), { kind: 'data-loss', message: /aliases\.json: / });
    }
    await rm(aliases);
    assert.equal(await registry.resolve(NAME, {}), 1);
  });
});
