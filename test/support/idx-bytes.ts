/** An IDX file: magic number, extents, values. */
export function idxBytes(magic: number, extents: readonly number[], values: Uint8Array): Buffer {
  const header = Buffer.alloc(4 * (1 + extents.length));
  [magic, ...extents].forEach((value, i) => header.writeUInt32BE(value, 4 * i));
  return Buffer.concat([header, values]);
}
