import type { Pooling } from '../../graph/ops/pooling.js';
import { slidOver } from '../../graph/ops/windows.js';
import type { OnnxTensor } from '../onnx-model.js';

/** How many pixels of each window lie inside an image [height, width], as [1, 1, rows, columns]. */
export function windowCounts(image: readonly [number, number], { size, ...sliding }: Pooling): OnnxTensor {
  const [rows, columns] = slidOver(image, size, sliding);
  const { strides, dilations, padding } = sliding;
  const inside = (windows: number, extent: number, window: number, stride: number, dilation: number, before: number) =>
    Array.from({ length: windows }, (_, index) => {
      const places = Array.from({ length: window }, (__, place) => index * stride - before + place * dilation);
      return places.filter((place) => place >= 0 && place < extent).length;
    });
  const down = inside(rows, image[0], size[0], strides[0], dilations[0], padding.top);
  const across = inside(columns, image[1], size[1], strides[1], dilations[1], padding.left);
  const data = Float32Array.from(down.flatMap((high) => across.map((wide) => high * wide)));
  return { type: 'float32', shape: [1, 1, rows, columns], data };
}
