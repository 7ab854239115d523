import { PNG } from 'pngjs';
import { hasInk, inLetters, LETTER } from './pixel-font.js';

const BACKGROUND = 255;
const INK = 32;
/** Letters are drawn this much larger than they are stored. */
const ENLARGED = 2;

/** From one letter, and one line of text, to the next; in pixels. */
export const ADVANCE_PIXELS = ENLARGED * (LETTER.width + 1);
export const LINE_PIXELS = ENLARGED * (LETTER.height + 2);

/** A white picture to draw on. */
export interface Canvas {
  /** A tile of pixels, each a square of `factor` by `factor`. @param rgb [height, width, 3] */
  tile(left: number, top: number, rgb: Uint8Array, width: number, factor: number): void;
  /** Lines of text, from the top. */
  text(left: number, top: number, lines: readonly string[]): void;
  png(): Buffer;
}

export function openCanvas(width: number, height: number): Canvas {
  const png = new PNG({ width, height });
  png.data.fill(BACKGROUND);
  const square = (left: number, top: number, side: number, red: number, green: number, blue: number): void => {
    for (let y = top; y < Math.min(height, top + side); y++) {
      for (let x = left; x < Math.min(width, left + side); x++) {
        const at = 4 * (y * width + x);
        png.data[at] = red;
        png.data[at + 1] = green;
        png.data[at + 2] = blue;
      }
    }
  };
  return {
    tile(left, top, rgb, columns, factor) {
      for (let i = 0; 3 * i < rgb.length; i++) {
        const [x, y] = [left + factor * (i % columns), top + factor * Math.floor(i / columns)];
        square(x, y, factor, rgb[3 * i] ?? 0, rgb[3 * i + 1] ?? 0, rgb[3 * i + 2] ?? 0);
      }
    },
    text(left, top, lines) {
      for (const [row, line] of lines.entries()) {
        for (const [column, letter] of inLetters(line).entries()) {
          for (let i = 0; i < LETTER.width * LETTER.height; i++) {
            const [x, y] = [i % LETTER.width, Math.floor(i / LETTER.width)];
            if (!hasInk(letter, x, y)) continue;
            const at = { x: left + column * ADVANCE_PIXELS + ENLARGED * x, y: top + row * LINE_PIXELS + ENLARGED * y };
            square(at.x, at.y, ENLARGED, INK, INK, INK);
          }
        }
      }
    },
    png: () => PNG.sync.write(png, { colorType: 2 }),
  };
}

/** A text in lines of at most so many letters, broken between words, and within a word that is longer than a line. */
export function wrapped(text: string, letters: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length <= letters) {
      line += ` ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (line.length > letters) {
      lines.push(line.slice(0, letters));
      line = line.slice(letters);
    }
  }
  return [...lines, line];
}
