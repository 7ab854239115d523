import { DomainError, messageOf } from '../errors.js';
import { ENGINE_NAMES, type Engine, type EngineChoice, type EngineName, type OpenedEngine } from './engine.js';
import { openOnnx } from './onnx/open-onnx.js';
import { openTensorflow } from './tensorflow/open-tensorflow.js';
import { openTorch } from './torch/open-torch.js';
import { openWasm } from './wasm/open-wasm.js';
import type { Joining } from './world/meet.js';

const OPEN: Readonly<Record<EngineName, (joining?: Joining) => Promise<OpenedEngine>>> = {
  onnx: openOnnx,
  wasm: openWasm,
  tensorflow: openTensorflow,
  torch: openTorch,
};

/**
 * What `auto` tries, in this order: what is inside the npm packages, the faster first. The other engines are built or installed for a GPU, and
 * whoever did that asks for them by name.
 */
const PREFERENCE: readonly EngineName[] = ['onnx', 'wasm'];

/** The engine that several processes can train on together. */
const COLLECTIVE: EngineName = 'torch';

/**
 * Opens the engine of this process.
 *
 * @param joining how it joins processes that train together; it waits until all of them have opened theirs
 * @returns the engine, which says why the others were not chosen
 * @throws DomainError `failed-precondition` if the chosen engine does not load, or cannot take the place, saying why and what to do;
 *   `cancelled` if the wait for the others was ended
 */
export async function openEngine(choice: EngineChoice, joining?: Joining): Promise<Engine> {
  const place = joining?.place;
  if (place !== undefined && choice !== 'auto' && choice !== COLLECTIVE)
    throw new DomainError(
      'failed-precondition',
      `engine ${choice}: it cannot train in ${place.size} processes together (WORLD_SIZE); choose the engine ${COLLECTIVE}`,
    );
  const preference = place === undefined ? PREFERENCE : [COLLECTIVE];
  const failures = new Map<EngineName, string>();
  for (const name of choice === 'auto' ? preference : [choice]) {
    try {
      const opened = await OPEN[name](joining);
      const others = ENGINE_NAMES.filter((other) => other !== name);
      const reason = choice === 'auto' ? `${name} is preferred` : `${name} was asked for`;
      return { ...opened, rejected: others.map((other) => ({ name: other, reason: failures.get(other) ?? reason })) };
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'cancelled') throw error;
      failures.set(name, messageOf(error));
    }
  }
  const reasons = [...failures].map(([name, reason]) => `engine ${name}: ${reason}`).join('; ');
  const advice =
    choice === 'wasm' || choice === 'auto' || place !== undefined
      ? ''
      : '; or choose the engine wasm, which needs nothing';
  throw new DomainError('failed-precondition', reasons + advice);
}
