import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processFlags } from '../../../../../core/engine/torch/install/process-flags.js';
import { temporaryDirectory } from '../../../../support/temporary-directory.js';

const SYMBOL = '_ZN3c10d16ProcessGroupGloo9allreduceERSt6vector';

describe('flags for training in several processes', () => {
  const directory = temporaryDirectory();

  /** @param compiler stands in for one that compiles everything, or nothing */
  async function flagsOf(compiler: 'true' | 'false'): Promise<{ macros: string[]; reports: string[] }> {
    const reports: string[] = [];
    const torch = { libraryDirectory: directory(), headers: directory(), includeDirectories: [] };
    const trial = { compiler, sources: directory(), includeDirectories: [], flags: [] };
    const flags = await processFlags(torch, trial, { report: (line) => reports.push(line) });
    return { macros: flags.filter((flag) => flag.startsWith('-D')), reports };
  }
  const library = (name: string, contents: string): Promise<void> => writeFile(join(directory(), name), contents);

  it('name what the library holds, wherever in it, if that compiles', async () => {
    // Files are read in parts of a mebibyte: the symbol lies across the end of the first.
    await library('libtorch_cpu.so', 'x'.repeat((1 << 20) - 15) + SYMBOL + 'x'.repeat(100));
    assert.deepEqual(await flagsOf('true'), { macros: ['-DMAXMARGIN_GLOO'], reports: [] });
    await library('libtorch_cuda.so', SYMBOL.replace('Gloo', 'NCCL'));
    assert.deepEqual((await flagsOf('true')).macros, ['-DMAXMARGIN_GLOO', '-DMAXMARGIN_NCCL']);
  });

  it('leave out what the library does not hold', async () => {
    await library('libtorch_cpu.so', 'nothing');
    assert.deepEqual(await flagsOf('true'), { macros: [], reports: [] });
  });

  it('leave out what does not compile, and say so', async () => {
    await library('libtorch_cpu.so', SYMBOL);
    const { macros, reports } = await flagsOf('false');
    assert.deepEqual(macros, []);
    assert.equal(reports.length, 1);
    assert.match(reports[0]!, /^leaving out Gloo: Compiling gloo-backend\.cpp failed \(exit code 1\)/);
  });
});
