import assert from 'node:assert/strict';
import { readSafetensors, writeSafetensors } from '../../../../core/model/safetensors.js';

/** A file of a header as it is and so many bytes of data. */
function file(header: unknown, dataBytes: number, headerBytes?: bigint): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(headerBytes ?? BigInt(json.byteLength));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

const f32 = (shape: readonly number[], begin: number, end: number) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('safetensors', () => {
  it('reads back what it wrote, scalars and empty tensors included', () => {
    const tensors = {
      'a.kernel': { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 1e-30, 6) },
      labels: { shape: [3], data: Int32Array.of(-1, 0, 2147483647) },
      scalar: { shape: [], data: Float32Array.of(7) },
      empty: { shape: [0, 4], data: new Float32Array() },
    };
    const read = readSafetensors(writeSafetensors(tensors, { seed: '3' }));
    assert.deepEqual(read, { tensors, otherTypes: {}, metadata: { seed: '3' } });
  });

  it('reads the layout as published: a header written by hand', () => {
    const bytes = Buffer.concat([file({ x: f32([2], 0, 8) }, 0), Buffer.from(Float32Array.of(1.5, -2).buffer)]);
    assert.deepEqual(readSafetensors(bytes).tensors, { x: { shape: [2], data: Float32Array.of(1.5, -2) } });
  });

  it('copies data that does not begin at a multiple of four', () => {
    const bytes = Buffer.concat([
      Buffer.alloc(1),
      file('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   ', 0),
      Buffer.from(Float32Array.of(0.1).buffer),
    ]).subarray(1);
    assert.deepEqual(readSafetensors(bytes).tensors.x?.data, Float32Array.of(0.1));
  });

  it('names the types that it does not read, and reads the rest', () => {
    const header = {
      __metadata__: null,
      long: { dtype: 'F64', shape: [1], data_offsets: [0, 8] },
      tiny: { dtype: 'F4', shape: [2], data_offsets: [8, 9] },
      scale: { dtype: 'F8_E8M0', shape: [3], data_offsets: [9, 12] },
      x: f32([1], 12, 16),
    };
    const read = readSafetensors(file(header, 16));
    assert.deepEqual(read.otherTypes, { long: 'F64', tiny: 'F4', scale: 'F8_E8M0' });
    assert.deepEqual(Object.keys(read.tensors), ['x']);
    assert.deepEqual(read.metadata, {});
  });

  it('converts half precision, to the bit', () => {
    // IEEE 754: 1, −2, the largest, the smallest normal and subnormal, −0, a third, ∞.
    const half = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x8000, 0x3555, 0x7c00);
    const brain = Uint16Array.of(0x3f80, 0xc000, 0x7f7f, 0x0080, 0x0001, 0x8000, 0x3eab, 0xff80);
    const header = {
      half: { dtype: 'F16', shape: [8], data_offsets: [0, 16] },
      brain: { dtype: 'BF16', shape: [8], data_offsets: [16, 32] },
    };
    const { tensors } = readSafetensors(
      Buffer.concat([file(header, 0), Buffer.from(half.buffer), Buffer.from(brain.buffer)]),
    );
    const expected = [1, -2, 65504, 2 ** -14, 2 ** -24, -0, 0.333251953125, Infinity];
    assert.deepEqual([...tensors['half']!.data], expected);
    const top = (2 - 2 ** -7) * 2 ** 127;
    assert.deepEqual([...tensors['brain']!.data], [1, -2, top, 2 ** -126, 2 ** -133, -0, 0.333984375, -Infinity]);
  });

  it('keeps a tensor called __proto__ a tensor', () => {
    const read = readSafetensors(file('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4));
    assert.deepEqual(Object.keys(read.tensors), ['__proto__']);
  });

  const hostile: readonly [string, Uint8Array, RegExp][] = [
    ['no bytes', new Uint8Array(0), /expected at least 8 bytes, got 0$/],
    ['a header longer than the file', file({}, 0, 3n), /header length: expected at most 2 bytes, got 3$/],
    ['a header length of 2^64 − 1', file({}, 0, 2n ** 64n - 1n), /at most 2 bytes, got 18446744073709551615$/],
    ['no JSON', file('{"x":', 0), /header: expected JSON, got /],
    ['no UTF-8', file('\u0000', 0, 1n), /header: expected JSON/],
    ['no object', file('[]', 0), /header: expected a JSON object, got object$/],
    ['an entry that is none', file({ x: null }, 0), /tensor "x": expected dtype, shape and data_offsets, got null$/],
    [
      'a type that is no name',
      file({ x: { ...f32([1], 0, 4), dtype: 32 } }, 4),
      /tensor "x": dtype: expected the name of a type, got 32$/,
    ],
    ['a negative extent', file({ x: f32([-1], 0, 4) }, 4), /shape: expected sizes, got \[-1\]$/],
    ['a fractional extent', file({ x: f32([0.5], 0, 4) }, 4), /shape: expected sizes/],
    ['offsets beyond the file', file({ x: f32([2], 0, 8) }, 4), /expected within the 4 bytes of data, got \[0, 8\]$/],
    ['offsets the wrong way round', file({ x: f32([1], 4, 0) }, 4), /got \[4, 0\]$/],
    ['one offset', file({ x: { dtype: 'F32', shape: [1], data_offsets: [0] } }, 4), /expected begin and end/],
    ['a 1 GiB claim', file({ x: f32([16384, 16384], 0, 4) }, 4), /expected 1073741824 bytes for F32 .*got 4 bytes$/],
    [
      'a claim that overflows',
      file({ x: f32(Array(40).fill(2 ** 40) as number[], 0, 4) }, 4),
      /expected Infinity bytes/,
    ],
    ['a shape that is too small', file({ x: f32([1], 0, 8) }, 8), /expected 4 bytes for F32 \[1\], got 8 bytes$/],
    [
      'overlapping tensors',
      file({ x: f32([2], 0, 8), y: f32([1], 4, 8) }, 8),
      /tensor "y".*expected begin at 8.*got 4$/,
    ],
    ['a gap', file({ x: f32([1], 0, 4), y: f32([1], 8, 12) }, 12), /tensor "y".*expected begin at 4.*got 8$/],
    ['bytes left over', file({ x: f32([1], 0, 4) }, 9), /data: expected 4 bytes, got 9$/],
    [
      'metadata that is no text',
      file({ __metadata__: { a: 1 } }, 0),
      /__metadata__\.a: expected a string, got number$/,
    ],
    [
      'a name twice',
      file(
        '{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0078":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
        0,
      ),
      /expected each name once, got "x" twice$/,
    ],
  ];
  for (const [what, bytes, message] of hostile) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => readSafetensors(bytes, 'w.safetensors'),
        (error: Error) => {
          assert.match(error.message, /^w\.safetensors/);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }

  it('refuses every truncation and no single changed byte crashes it', () => {
    const whole = writeSafetensors({ x: { shape: [2], data: Float32Array.of(1, 2) } }, { a: 'b' });
    for (let length = 0; length < whole.byteLength; length++) {
      assert.throws(() => readSafetensors(whole.subarray(0, length)), { name: 'DomainError' });
    }
    for (let at = 0; at < whole.byteLength; at++) {
      const changed = Uint8Array.from(whole);
      changed[at] = 0x39;
      try {
        readSafetensors(changed);
      } catch (error) {
        assert.equal((error as Error).name, 'DomainError');
      }
    }
  });
});
