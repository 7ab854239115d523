import { memory } from '@tensorflow/tfjs-core';
import { invalidInput } from '../../errors.js';
import { compileFor } from '../compiled/compile.js';
import { residentTensors } from '../compiled/resident-tensors.js';
import type { Compile, OpenedEngine } from '../engine.js';
import { openWasm } from '../wasm/open-wasm.js';
import { loadTorchAddon, PRECISIONS, type Precision, type TorchAddon, type TorchDevice } from './addon-binding.js';
import { torchRuntime } from './torch-runtime.js';

/** Which of the devices: `cpu`, `cuda:1`; the first GPU if there is one, else the CPU. */
const DEVICE_VARIABLE = 'MAXMARGIN_TORCH_DEVICE';
/** What convolutions and products multiply in. */
const PRECISION_VARIABLE = 'MAXMARGIN_TORCH_PRECISION';

/** What compiles; the tensors that it keeps are those of the process. */
let compile: Compile | undefined;

/** Opens PyTorch's library: compiled functions run there, on a GPU if it sees one; what is not compiled runs on wasm. */
export async function openTorch(): Promise<OpenedEngine> {
  const addon = loadTorchAddon();
  const device = chooseDevice(addon, process.env[DEVICE_VARIABLE]);
  const precision = parsePrecision(process.env[PRECISION_VARIABLE] ?? 'float32');
  await openWasm();
  compile ??= compileOn(addon, device, precision);
  return {
    name: 'torch',
    device: device.name,
    library: `PyTorch ${addon.version}`,
    threads: addon.threads,
    precision,
    compile,
    memory,
  };
}

function compileOn(addon: TorchAddon, device: TorchDevice, precision: Precision): Compile {
  const runtime = torchRuntime(new addon.Session(device.id, precision), {
    device: device.id === 'cpu' ? 'cpu' : 'cuda',
    float32: precision === 'float32',
  });
  return compileFor(runtime, residentTensors('torch', runtime));
}

function chooseDevice(addon: TorchAddon, asked: string | undefined): TorchDevice {
  const devices = addon.devices();
  const chosen =
    asked === undefined
      ? (devices.find(({ id }) => id !== 'cpu') ?? devices[0])
      : devices.find(({ id }) => id === asked || id === `${asked}:0`);
  if (chosen === undefined)
    throw invalidInput(DEVICE_VARIABLE, `one of ${devices.map(({ id }) => id).join(', ')}`, asked ?? 'none');
  return chosen;
}

function parsePrecision(asked: string): Precision {
  const precision = PRECISIONS.find((each) => each === asked);
  if (precision === undefined) throw invalidInput(PRECISION_VARIABLE, `one of ${PRECISIONS.join(', ')}`, asked);
  return precision;
}
