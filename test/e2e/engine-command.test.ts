import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeScript } from '../support/environment.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { zipBytes } from '../support/zip-bytes.js';

const MAIN = fileURLToPath(new URL('../../clients/cli/main.js', import.meta.url));
const ENGINES = fileURLToPath(new URL('../../../engines', import.meta.url));

describe('maxmargin engine', () => {
  const directory = temporaryDirectory();

  // Around all that a test runs, since commands at the same time see each other's beginnings.
  const enginesThere = () => (existsSync(ENGINES) ? readdirSync(ENGINES) : undefined);
  let before: ReturnType<typeof enginesThere>;
  beforeEach(() => {
    before = enginesThere();
  });
  afterEach('nothing is left of an engine', () => {
    assert.deepEqual(enginesThere(), before);
  });

  /** Runs the command where only some programs are; it must fail. @returns what it says */
  const fails = async (programs: string, args: readonly string[], engine = 'tensorflow'): Promise<string> => {
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      const env = { PATH: programs, HOME: directory() };
      execFile(process.execPath, [MAIN, 'engine', engine, ...args], { env }, (error, _stdout, said) => {
        resolve({ code: error?.code ?? 0, stderr: said });
      });
    });
    assert.equal(code, 1, stderr);
    return stderr;
  };
  const compilerAlone = async (): Promise<string> => {
    const bin = join(directory(), 'bin');
    await writeScript(bin, 'g++', 'exit 0');
    return bin;
  };
  const wheelLike = async (): Promise<string> => {
    const wheel = join(directory(), 'tensorflow_cpu-2.21.0-cp311.whl');
    const include = 'tensorflow/include/tensorflow/c/eager/c_api.h';
    const files = {
      'tensorflow/libtensorflow_cc.so.2': '',
      'tensorflow/libtensorflow_framework.so.2': '',
      [include]: '',
    };
    await writeFile(wheel, zipBytes(files));
    return wheel;
  };

  it('names the missing compiler', async () => {
    assert.match(await fails(join(directory(), 'nothing'), []), /C\+\+ compiler is missing.*apt-get install g\+\+/);
  });

  it('names the missing pip', async () => {
    assert.match(await fails(await compilerAlone(), ['--from', 'pip']), /pip is missing.*--from/);
  });

  it('names the missing wheel', async () => {
    const said = await fails(await compilerAlone(), ['--from', join(directory(), 'tensorflow.whl')]);
    assert.match(said, /--from: expected .*tensorflow\.whl, which is not there/);
  });

  it('names the missing npm', async function () {
    try {
      createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json');
    } catch {
      assert.match(await fails(await compilerAlone(), ['--from', await wheelLike()]), /npm is missing/);
      return;
    }
    this.test!.title += ' (skipped: npm has installed the package already)';
    this.skip();
  });

  it('says what is wrong with what pip or a person gives', async () => {
    const bin = await compilerAlone();
    await writeScript(bin, 'pip3', '[ "$2" ] || exit 0\necho "ERROR: no network" >&2\nexit 1');
    assert.match(
      await fails(bin, ['--from', 'pip=2.16.1']),
      /pip download tensorflow(-cpu)?==2\.16\.1 failed .*no network/,
    );
    const damaged = join(directory(), 'damaged.whl');
    await writeFile(damaged, 'not a wheel');
    assert.match(await fails(bin, ['--from', damaged]), /damaged\.whl: expected a whole wheel/);
  });

  it('says what torch misses', async () => {
    const bin = await compilerAlone();
    const missing: readonly (readonly [programs: string, args: readonly string[], said: RegExp])[] = [
      [join(directory(), 'nothing'), [], /C\+\+ compiler is missing/],
      [bin, ['--from', 'pip'], /pip is missing.*--from/],
      [bin, ['--from', join(directory(), 'torch.whl')], /--from: expected .*torch\.whl, which is not there/],
      [bin, ['--from', directory()], /--from: expected a directory with lib\/libtorch_cpu/],
    ];
    await Promise.all(
      missing.map(async ([programs, args, said]) => {
        assert.match(await fails(programs, args, 'torch'), said);
      }),
    );
  });
});
