import assert from 'node:assert/strict';
import { PNG } from 'pngjs';
import {
  image,
  readValues,
  shade,
  shadeSigned,
  type ImageShape,
} from '../../../../../trainer/evaluate/report/image.js';

function decode(html: string): PNG {
  const [, base64] = /src="data:image\/png;base64,([^"]+)"/.exec(html)!;
  return PNG.sync.read(Buffer.from(base64!, 'base64'));
}

const rgbOf = ({ data }: PNG): number[] => [...data].filter((_, i) => i % 4 !== 3);

describe('images of a report', () => {
  it('come from little-endian float32 in base64, and only from as many as there must be', () => {
    const bytes = Buffer.alloc(8);
    bytes.writeFloatLE(0.25, 0);
    bytes.writeFloatLE(1, 4);
    assert.deepEqual(readValues(bytes.toString('base64'), [1, 2, 1]), Float32Array.of(0.25, 1));
    assert.equal(readValues(bytes.toString('base64'), [1, 3, 1]), undefined);
    assert.equal(readValues(bytes.toString('base64'), [1, 1, 2]), undefined);
    assert.equal(readValues('<p>', [1, 1, 1]), undefined);
  });

  it('show grey values and colours as they are', () => {
    const grey = decode(image(shade(Float32Array.of(0, 0.5, 1), 1), [1, 3, 1], 'x').text);
    assert.deepEqual(rgbOf(grey), [0, 0, 0, 128, 128, 128, 255, 255, 255]);
    const colour = decode(image(shade(Float32Array.of(1, 0.5, 0), 3), [1, 1, 3], 'x').text);
    assert.deepEqual(rgbOf(colour), [255, 128, 0]);
  });

  it('show signs of a perturbation as two colours from white, and in colours around grey', () => {
    const [none, down, up] = [
      [255, 255, 255],
      [33, 102, 172],
      [214, 96, 20],
    ];
    assert.deepEqual([...shadeSigned(Float32Array.of(0, -0.2, 0.2), 1, 0.2)], [...none, ...down, ...up]);
    assert.deepEqual([...shadeSigned(Float32Array.of(-0.1, 0, 0.1), 3, 0.1)], [0, 128, 255]);
    assert.deepEqual([...shadeSigned(Float32Array.of(0), 1, 0)], none);
  });

  it('are made smaller where they are large, by means of squares', () => {
    const shape: ImageShape = [300, 200, 1];
    const stripes = Float32Array.from({ length: 60_000 }, (_, i) => i % 3);
    const png = decode(
      image(
        shade(
          stripes.map((value) => value / 2),
          1,
        ),
        shape,
        'x',
      ).text,
    );
    assert.ok(png.width <= 128 && png.height <= 128 && png.width === 66 && png.height === 100);
    assert.ok(rgbOf(png).every((value) => Math.abs(value - 127.5) <= 1));
  });

  it('say what they show', () => {
    assert.match(image(shade(Float32Array.of(0), 1), [1, 1, 1], 'a "7"').text, /alt="a &quot;7&quot;"/);
  });
});
