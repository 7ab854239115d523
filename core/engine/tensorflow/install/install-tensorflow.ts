import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { buildAddon, findCompiler } from '../../install/compiler.js';
import { installDirectory } from '../../install/install-directory.js';
import { parseLibrarySource } from '../../install/library-source.js';
import type { Installation } from '../../install/programs.js';
import { verifyEngine, type Verification } from '../../install/verify-engine.js';
import { TFJS_NODE_VARIABLE, tfjsNodeDirectory } from '../binding-location.js';
import { librariesOpenedByName } from './cuda-libraries.js';
import { buildPythonStandIn, PYTHON_EXTENSION, STAND_IN } from './python-stand-in.js';
import { gatherTensorflow, type TensorflowLibraries, type TensorflowPackage } from './tensorflow-libraries.js';
import { ADDON, placeTfjsNode } from './tfjs-node-package.js';

/** Which TensorFlow, and where it goes. */
export interface TensorflowInstallation extends Installation {
  /** See parseLibrarySource. */
  readonly from: string;
  /** What pip downloads, if it does. */
  readonly packageName: TensorflowPackage;
  /** Where the engine goes; openTensorflow looks in engineDirectory('tensorflow'). */
  readonly place: string;
}

/**
 * Builds tfjs-node's addon against a TensorFlow, with copies of its libraries, verifies it by a small training, and puts it in its place.
 *
 * @throws DomainError saying what is missing or what failed; nothing is left behind then, and what was in the place before stays
 */
export async function installTensorflow(options: TensorflowInstallation): Promise<Verification> {
  const source = await parseLibrarySource(options.from);
  const compiler = await findCompiler();
  return installDirectory(options.place, async (engine) => {
    const [libraries, scratch] = [join(engine, 'libraries'), join(engine, 'scratch')];
    for (const directory of [libraries, scratch]) await mkdir(directory);
    const tensorflow = await gatherTensorflow(source, options.packageName, { libraries, scratch }, options);
    await placeTfjsNode(engine, options);
    const names = [...tensorflow.names];
    if (names.includes(PYTHON_EXTENSION)) {
      await buildPythonStandIn(compiler, join(libraries, 'tensorflow'), scratch, options);
      names.unshift(STAND_IN);
    }
    await buildBinding(compiler, engine, libraries, { ...tensorflow, names }, options);
    await rm(scratch, { recursive: true });
    return verifyEngine('tensorflow', { [TFJS_NODE_VARIABLE]: tfjsNodeDirectory(engine) }, options);
  });
}

async function buildBinding(
  compiler: string,
  engine: string,
  libraries: string,
  { names, includeDirectory }: TensorflowLibraries,
  installation: Installation,
): Promise<void> {
  const tfjsNode = tfjsNodeDirectory(engine);
  const output = join(tfjsNode, ADDON);
  const cuda = await librariesOpenedByName(libraries);
  const directories = [...new Set(['tensorflow', ...cuda.map(({ directory }) => directory)])];
  const fromAddon = relative(dirname(output), libraries);
  await buildAddon(
    compiler,
    {
      sources: ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(tfjsNode, 'binding', name)),
      includeDirectories: [includeDirectory],
      libraryDirectories: directories.map((directory) => join(libraries, directory)),
      libraries: [...names, ...cuda.map(({ name }) => name)].map((name) => `:${name}`),
      runtimePaths: directories.map((directory) => `$ORIGIN/${join(fromAddon, directory)}`),
      standard: 'c++17',
      output,
    },
    installation,
  );
}
