/** The values of half-precision numbers (IEEE 754 binary16, little-endian), all of which float32 holds exactly. */
export function fromFloat16(bytes: Uint8Array): Float32Array {
  return halves(bytes, (bits) => {
    const sign = bits >>> 15 === 1 ? -1 : 1;
    const exponent = (bits >>> 10) & 0x1f;
    const fraction = (bits & 0x3ff) / 1024;
    if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
    return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
  });
}

/** The values of bfloat16 numbers, little-endian: the upper halves of float32. */
export function fromBfloat16(bytes: Uint8Array): Float32Array {
  const word = new DataView(new ArrayBuffer(4));
  return halves(bytes, (bits) => {
    word.setUint32(0, bits << 16);
    return word.getFloat32(0);
  });
}

function halves(bytes: Uint8Array, valueOf: (bits: number) => number): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength / 2 }, (_, index) => valueOf(view.getUint16(2 * index, true)));
}
