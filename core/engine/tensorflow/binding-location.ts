import { join } from 'node:path';

/** The package with TensorFlow's binding. */
export const TFJS_NODE = '@tensorflow/tfjs-node-gpu';

/**
 * A directory with that package, in place of the one that `npm run engine:tensorflow` builds and the one that npm installs. It must find
 * this project's own @tensorflow/tfjs (inside the project it does).
 */
export const TFJS_NODE_VARIABLE = 'MAXMARGIN_TFJS_NODE';

/** Where the package lies in the directory of an engine that was built here. */
export function tfjsNodeDirectory(engine: string): string {
  return join(engine, 'node_modules', TFJS_NODE);
}
