import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DomainError } from '../../../errors.js';
import { TFJS_NODE } from '../binding-location.js';
import { findProgram, runProgram, type Installation } from '../../install/programs.js';

/** A package at one version, with the checksum of its archive as npm's registry states it. */
export interface Package {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

/** What is needed of tfjs-node: itself, and what it loads at run time that this project does not have anyway. */
export const PACKAGES: readonly Package[] = [
  {
    name: TFJS_NODE,
    version: '4.22.0',
    integrity: 'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==',
  },
  {
    name: 'google-protobuf',
    version: '3.21.4',
    integrity: 'sha512-MnG7N936zcKTco4Jd2PX2U96Kf9PxygAPKBug+74LHzmHXmceN16MmRcdgZv+DGef/S9YvQAfRsNCn4cjf9yyQ==',
  },
  {
    name: 'progress',
    version: '2.0.3',
    integrity: 'sha512-7PiHtLll5LdnKIMw100I+8xJXR5gW2QwWYkT6iJva0bXitZKa/XMrSbdmg3r2Xnaidz9Qumd0VPaMrZlF9V9sA==',
  },
];

/** What the installer of tfjs-node puts beside its files: an addon and a libtensorflow, which are left out. */
const INSTALLED_LATER = /^(lib|deps|build|build-tmp-napi-v\d+|node_modules)$/;

/** The addon, below the directory of tfjs-node. */
export const ADDON = join('lib', 'tfjs_binding.node');

/**
 * Puts tfjs-node without an addon into a directory: from this project's node_modules where npm has installed it, else from npm's registry.
 *
 * @throws DomainError `failed-precondition` if npm or tar is missing or fails
 */
export async function placeTfjsNode(engine: string, installation: Installation): Promise<void> {
  const missing: Package[] = [];
  for (const each of PACKAGES) if (!(await copyInstalled(each, engine))) missing.push(each);
  if (missing.length > 0) await download(missing, engine, installation);
  await placeFinder(engine);
}

async function copyInstalled({ name, version }: Package, engine: string): Promise<boolean> {
  const require = createRequire(import.meta.url);
  let manifest: string;
  try {
    manifest = require.resolve(`${name}/package.json`);
  } catch {
    return false;
  }
  const installed = JSON.parse(await readFile(manifest, 'utf8')) as { readonly version: string };
  if (installed.version !== version) return false;
  const root = dirname(manifest);
  const filter = (path: string): boolean => name !== TFJS_NODE || !INSTALLED_LATER.test(path.slice(root.length + 1));
  await cp(root, join(engine, 'node_modules', name), { recursive: true, filter });
  return true;
}

async function download(packages: readonly Package[], engine: string, { report, signal }: Installation): Promise<void> {
  const [npm, tar] = [await findNpm(), await findTar()];
  const archives = join(engine, 'archives');
  await mkdir(archives);
  for (const { name, version, integrity } of packages) {
    report(`npm pack ${name}@${version}`);
    const purpose = `npm pack ${name}@${version}`;
    const args = [...npm.args, 'pack', `${name}@${version}`, '--silent', '--pack-destination', archives];
    // Outside this project, whose settings of npm are not about these packages.
    const said = await runProgram({ file: npm.file, args, purpose, cwd: archives, signal });
    const archive = join(archives, said.trim().split('\n').at(-1) ?? '');
    const got = `sha512-${createHash('sha512')
      .update(await readFile(archive))
      .digest('base64')}`;
    if (got !== integrity)
      throw new DomainError('data-loss', `${purpose}: expected an archive with ${integrity}, got ${got}`);
    const target = join(engine, 'node_modules', name);
    await mkdir(target, { recursive: true });
    await runProgram({
      file: tar,
      args: ['-xzf', archive, '-C', target, '--strip-components=1', '--no-same-owner'],
      purpose: `Unpacking ${archive}`,
      signal,
    });
  }
  await rm(archives, { recursive: true });
}

/** npm as it runs this script, or as a program. */
async function findNpm(): Promise<{ file: string; args: string[] }> {
  const running = process.env['npm_execpath'];
  if (running?.endsWith('.js') === true) return { file: process.execPath, args: [running] };
  const file = await findProgram(['npm']);
  if (file !== undefined) return { file, args: [] };
  throw new DomainError(
    'failed-precondition',
    'npm is missing: it is not in PATH. It comes with Node; tfjs-node is downloaded with it',
  );
}

async function findTar(): Promise<string> {
  const file = await findProgram(['tar']);
  if (file !== undefined) return file;
  throw new DomainError('failed-precondition', 'tar is missing: it is not in PATH. Install it (apt-get install tar)');
}

/**
 * tfjs-node asks @mapbox/node-pre-gyp where its addon is. This answers in its place: the package itself brings thirty others to download
 * and unpack addons, none of which is needed here.
 */
async function placeFinder(engine: string): Promise<void> {
  const directory = join(engine, 'node_modules/@mapbox/node-pre-gyp');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'package.json'), '{ "name": "@mapbox/node-pre-gyp", "version": "1.0.9" }\n');
  await writeFile(
    join(directory, 'index.js'),
    `const { dirname, join } = require('path');\nexports.find = (manifest) => join(dirname(manifest), ${JSON.stringify(ADDON)});\n`,
  );
}
