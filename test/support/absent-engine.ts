import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { EngineName } from '../../core/engine/engine.js';

const OPEN_ENGINE = new URL('../../core/engine/open-engine.js', import.meta.url).href;

/** Why an engine cannot be opened here, undefined where it can. A process has one engine, so another one tries. */
export async function whyAbsent(name: EngineName): Promise<string | undefined> {
  const code = `
    import { openEngine } from ${JSON.stringify(OPEN_ENGINE)};
    await openEngine(${JSON.stringify(name)}).then(
      ({ device, library }) => console.error(device, library),
      (error) => console.log(error.message),
    );`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
  return stdout === '' ? undefined : stdout.trim();
}
