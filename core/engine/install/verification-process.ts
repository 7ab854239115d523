import { DomainError, messageOf } from '../../errors.js';
import { ENGINE_NAMES } from '../engine.js';
import { openEngine } from '../open-engine.js';
import { trainSmallClassifier } from './small-training.js';

// The process of verifyEngine: opens the engine that its argument names, trains, and prints the result as JSON.
try {
  const name = ENGINE_NAMES.find((each) => each === process.argv[2]);
  if (name === undefined) throw new DomainError('invalid-input', `no engine ${process.argv[2] ?? ''}`);
  const engine = await openEngine(name);
  const losses = trainSmallClassifier(engine.compile);
  process.stdout.write(`\n${JSON.stringify({ device: engine.device, library: engine.library, ...losses })}\n`);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
