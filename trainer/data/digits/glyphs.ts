/** In the unit square, x to the right, y down. */
export type Point = readonly [x: number, y: number];

/** Points that the pen passes in one smooth movement. */
export type Run = readonly Point[];

/** What the pen draws without being lifted: runs, each from where the last one ended, with a corner between them. */
export type Stroke = readonly Run[];

export type Glyph = readonly Stroke[];

/** The ways each digit is written, by digit. */
export const GLYPHS: readonly (readonly Glyph[])[] = [
  [
    [stroke('50,0 20,18 10,55 25,90 50,100 78,87 90,50 78,14 50,0 36,5')],
    [stroke('62,2 34,16 22,50 28,88 50,99 70,80 80,42 72,10 55,3')],
  ],
  [
    [stroke('52,0 50,50 50,100')],
    [stroke('30,24 45,12 56,0 / 54,50 54,100')],
    [stroke('32,20 54,0 / 53,98'), stroke('28,99 78,98')],
  ],
  [
    [stroke('15,25 30,5 56,0 80,12 80,36 56,66 14,98 / 50,97 90,99')],
    [stroke('18,20 42,1 72,6 80,28 62,60 32,90 13,93 16,79 38,82 62,96 92,90')],
  ],
  [
    [stroke('18,12 45,0 75,8 79,28 64,43 40,48 / 70,54 86,75 70,95 40,100 14,88')],
    [stroke('18,3 80,2 / 46,40 / 76,52 84,75 65,96 38,100 15,90')],
  ],
  [
    [stroke('28,0 22,30 14,58 / 50,57 90,54'), stroke('74,2 72,50 66,100')],
    [stroke('64,0 36,34 10,66 / 92,65'), stroke('64,0 65,50 64,100')],
  ],
  [
    [stroke('82,1 28,2 / 20,44 / 50,37 80,50 84,74 62,97 36,100 12,88')],
    [stroke('26,5 22,44 / 52,42 76,56 76,80 52,98 16,94'), stroke('26,5 86,0')],
  ],
  [
    [stroke('72,0 42,18 20,48 15,75 30,96 58,100 82,86 82,64 62,53 36,58 18,76')],
    [stroke('50,0 32,30 22,64 30,92 54,100 74,86 72,66 52,58 30,70')],
  ],
  [
    [stroke('12,4 86,3 / 62,45 44,100')],
    [stroke('14,4 88,2 / 64,42 48,100'), stroke('34,50 82,47')],
    [stroke('12,20 14,4 / 86,4 / 70,30 54,60 50,100')],
  ],
  [
    [stroke('76,12 50,0 24,12 27,33 50,47 78,66 78,90 50,100 20,88 22,66 50,46 75,30 76,12')],
    [stroke('52,46 28,36 28,10 52,0 74,10 74,34 50,46'), stroke('50,46 20,60 18,88 50,100 82,88 80,60 52,46')],
  ],
  [
    [stroke('82,18 60,1 30,6 15,28 28,48 56,48 78,32 83,14 / 80,55 74,100')],
    [stroke('76,20 55,2 28,8 18,28 32,46 58,44 78,22 82,50 70,84 44,100 22,92')],
  ],
];

/** A stroke from its points `x,y` in hundredths, with ` / ` at its corners. */
function stroke(text: string): Stroke {
  return text.split(' / ').map((run) =>
    run.split(' ').map((point): Point => {
      const [x = 0, y = 0] = point.split(',').map(Number);
      return [x / 100, y / 100];
    }),
  );
}
