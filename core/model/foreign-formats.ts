import { invalidInput } from '../errors.js';

const SAVE = 'save the weights with safetensors.torch.save_file, named and laid out as the README says';

/** Files of weights that people have, by how they begin, and what to do with each. */
const FORMATS: readonly (readonly [magic: readonly number[], name: string, advice: string])[] = [
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive', SAVE],
  [[0x80, 0x02], 'a Python pickle', SAVE],
  [[0x80, 0x03], 'a Python pickle', SAVE],
  [[0x80, 0x04], 'a Python pickle', SAVE],
  [[0x80, 0x05], 'a Python pickle', SAVE],
  [
    [0x89, 0x48, 0x44, 0x46],
    'an HDF5 file',
    'convert it with tensorflowjs_converter to a LayersModel, and import its model.json',
  ],
  [[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], 'a NumPy array', 'save the arrays with safetensors.numpy.save_file'],
];

/** What a zip archive is, by a name that it holds. */
const ARCHIVES: readonly (readonly [entry: string, name: string, advice: string])[] = [
  ['data.pkl', 'a PyTorch file (.pt)', SAVE],
  [
    'model.weights.h5',
    'a Keras 3 file (.keras)',
    'convert it with tensorflowjs_converter to a LayersModel, and import its model.json',
  ],
  ['.npy', 'a NumPy archive (.npz)', 'save the arrays with safetensors.numpy.save_file'],
];

/** Where the JSON of a safetensors file begins, behind its length, and how. */
const HEADER_AT = 8;
const BRACE = 0x7b;

/** Names of a zip archive are in its first bytes or in its directory at the end. */
const LOOKED_AT = 65_536;

/**
 * Refuses a file of weights in another format, by what it holds, and says what to do. Nothing of it is run.
 *
 * @param field what the error calls it
 * @throws invalid-input
 */
export function refuseForeignFormat(bytes: Uint8Array, field: string): void {
  // The length of a header may begin like a pickle; what follows it does not.
  if (bytes[HEADER_AT] === BRACE) return;
  const found = FORMATS.find(([magic]) => magic.every((byte, index) => bytes[index] === byte));
  if (found === undefined) return;
  const [, format, ownAdvice] = found;
  const ends = [bytes.subarray(0, LOOKED_AT), bytes.subarray(Math.max(0, bytes.byteLength - LOOKED_AT))];
  const text = ends
    .map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('latin1'))
    .join('');
  const [, archive = format, advice = ownAdvice] =
    (format === 'a zip archive' ? ARCHIVES.find(([entry]) => text.includes(entry)) : undefined) ?? [];
  throw invalidInput(field, `a safetensors file: ${advice}`, archive);
}
