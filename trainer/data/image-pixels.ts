/** What a file's header says. A palette is colour. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** Pixels, row-major, [height, width, 4]: red, green, blue and alpha; of 0 to 255, or to 65,535 where the file has 16 bits a sample. */
export type RgbaPixels = Uint8Array | Uint8ClampedArray | Uint16Array;
