import { memory } from '@tensorflow/tfjs-core';
import { invalidInput } from '../../errors.js';
import { compileFor } from '../compiled/compile.js';
import { residentTensors } from '../compiled/resident-tensors.js';
import type { OpenedEngine } from '../engine.js';
import { openWasm } from '../wasm/open-wasm.js';
import { meet, type Joining } from '../world/meet.js';
import type { Place } from '../world/place.js';
import type { World } from '../world/world.js';
import {
  loadTorchAddon,
  missingGpu,
  PRECISIONS,
  type Precision,
  type TorchAddon,
  type TorchDevice,
} from './addon-binding.js';
import { torchRuntime } from './torch-runtime.js';

/** Which of the devices: `cpu`, `cuda:1`; the first GPU if there is one, else the CPU. */
const DEVICE_VARIABLE = 'MAXMARGIN_TORCH_DEVICE';
/** What convolutions and products multiply in. */
const PRECISION_VARIABLE = 'MAXMARGIN_TORCH_PRECISION';

/** What computes: the tensors that it keeps, and the processes that it joined, are those of this process. */
let opened: Pick<OpenedEngine, 'compile' | 'world'> | undefined;

/**
 * Opens PyTorch's library: compiled functions run there, on a GPU if it sees one; what is not compiled runs on wasm.
 *
 * @param joining how this process joins those that train together: it waits for them
 */
export async function openTorch(joining?: Joining): Promise<OpenedEngine> {
  const addon = loadTorchAddon();
  const place = joining?.place;
  const device = chooseDevice(addon, process.env[DEVICE_VARIABLE], place?.localRank ?? 0);
  const precision = parsePrecision(process.env[PRECISION_VARIABLE] ?? 'float32');
  await openWasm();
  if (opened === undefined && joining !== undefined) await meet(joining);
  opened ??= openOn(addon, device, precision, place);
  return {
    name: 'torch',
    device: device.name,
    library: `PyTorch ${addon.version}`,
    threads: addon.threads,
    precision,
    memory,
    ...opened,
  };
}

function openOn(
  addon: TorchAddon,
  device: TorchDevice,
  precision: Precision,
  place: Place | undefined,
): Pick<OpenedEngine, 'compile' | 'world'> {
  const session = new addon.Session(device.id, precision, place);
  const runtime = torchRuntime(session, {
    device: device.id === 'cpu' ? 'cpu' : 'cuda',
    float32: precision === 'float32',
  });
  const compile = compileFor(runtime, residentTensors('torch', runtime));
  if (place === undefined) return { compile };
  const total: World['total'] = (values) => {
    session.total(values);
  };
  return { compile, world: { rank: place.rank, size: place.size, total } };
}

/** @param turn which GPU, if none is asked for and there are several */
function chooseDevice(addon: TorchAddon, asked: string | undefined, turn: number): TorchDevice {
  const devices = addon.devices();
  const gpus = devices.filter(({ id }) => id !== 'cpu');
  if (asked === undefined && gpus.length > 0 && turn >= gpus.length)
    throw invalidInput('LOCAL_RANK', `less than the ${gpus.length} GPUs of this machine`, String(turn));
  const chosen =
    asked === undefined ? (gpus[turn] ?? devices[0]) : devices.find(({ id }) => id === asked || id === `${asked}:0`);
  if (chosen === undefined) {
    const [ids, reason] = [devices.map(({ id }) => id).join(', '), missingGpu(addon)];
    throw invalidInput(
      DEVICE_VARIABLE,
      reason === undefined ? `one of ${ids}` : `one of ${ids} (${reason})`,
      asked ?? 'none',
    );
  }
  return chosen;
}

function parsePrecision(asked: string): Precision {
  const precision = PRECISIONS.find((each) => each === asked);
  if (precision === undefined) throw invalidInput(PRECISION_VARIABLE, `one of ${PRECISIONS.join(', ')}`, asked);
  return precision;
}
