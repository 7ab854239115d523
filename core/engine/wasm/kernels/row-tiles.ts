/**
 * Winograd's minimal filtering F(rows, 5) of one tile. Places are in words of the heap; a row is `size` values.
 *
 * With points pⱼ and ∞: Gw is the filter, as a polynomial of its rows, at each pⱼ over Nⱼ = Π_{l≠j} (pⱼ − pₗ), and its last row at ∞;
 * Bᵀ holds the coefficients of Π_{l≠j} (t − pₗ), and of Π (t − pₗ) at ∞; Aᵀ the powers of pⱼ.
 */
export interface RowTile {
  /** Output rows. */
  readonly rows: number;
  /** G: one row for each point. */
  readonly filterAtPoints: readonly (readonly [number, number, number, number, number])[];
  /** Bᵀ of the input rows at `from`, as many as there are points, into `to`. */
  atPoints(heap: Float32Array, size: number, from: Int32Array, to: Int32Array): void;
  /** Aᵀ of the products at `from`, into the output rows that begin at `to`. */
  fromPoints(heap: Float32Array, size: number, from: Int32Array, to: number): void;
}

/** Powers of a point, divided. */
const powers = (point: number, by: number): readonly [number, number, number, number, number] => [
  1 / by,
  point / by,
  point ** 2 / by,
  point ** 3 / by,
  point ** 4 / by,
];

/** Points 0, 1, −1, 2, −2, ∞: six products give what ten would. */
export const TWO_ROWS: RowTile = {
  rows: 2,
  filterAtPoints: [powers(0, 4), powers(1, -6), powers(-1, -6), powers(2, 24), powers(-2, 24), [0, 0, 0, 0, 1]],
  atPoints(heap, size, from, to) {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = from;
    const [p = 0, q = 0, r = 0, s = 0, t = 0, u = 0] = to;
    for (let i = 0; i < size; i++) {
      const x1 = heap[b + i] as number;
      const x2 = heap[c + i] as number;
      const x3 = heap[d + i] as number;
      const x4 = heap[e + i] as number;
      const even = x4 - 4 * x2;
      const odd = x3 - 4 * x1;
      const evenAtTwo = x4 - x2;
      const oddAtTwo = 2 * (x3 - x1);
      heap[p + i] = 4 * (heap[a + i] as number) - 5 * x2 + x4;
      heap[q + i] = even + odd;
      heap[r + i] = even - odd;
      heap[s + i] = evenAtTwo + oddAtTwo;
      heap[t + i] = evenAtTwo - oddAtTwo;
      heap[u + i] = 4 * x1 - 5 * x3 + (heap[f + i] as number);
    }
  },
  fromPoints(heap, size, from, to) {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = from;
    const next = to + size;
    for (let i = 0; i < size; i++) {
      const m1 = heap[b + i] as number;
      const m2 = heap[c + i] as number;
      const m3 = heap[d + i] as number;
      const m4 = heap[e + i] as number;
      heap[to + i] = (heap[a + i] as number) + m1 + m2 + m3 + m4;
      heap[next + i] = m1 - m2 + 2 * (m3 - m4) + (heap[f + i] as number);
    }
  },
};

/** Points 0, 1, −1, 2, −2, ½, −½, ∞: eight products give what twenty would. */
export const FOUR_ROWS: RowTile = {
  rows: 4,
  filterAtPoints: [
    powers(0, -1),
    powers(1, -9 / 2),
    powers(-1, -9 / 2),
    powers(2, 90),
    powers(-2, 90),
    powers(1 / 2, 45 / 32),
    powers(-1 / 2, 45 / 32),
    [0, 0, 0, 0, 1],
  ],
  atPoints(heap, size, from, to) {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = from;
    const [p = 0, q = 0, r = 0, s = 0, t = 0, u = 0, v = 0, w = 0] = to;
    for (let i = 0; i < size; i++) {
      const x1 = heap[b + i] as number;
      const x2 = heap[c + i] as number;
      const x3 = heap[d + i] as number;
      const x4 = heap[e + i] as number;
      const x5 = heap[f + i] as number;
      const x6 = heap[g + i] as number;
      const even = x2 - 4.25 * x4 + x6;
      const odd = x1 - 4.25 * x3 + x5;
      const evenAtTwo = 0.25 * x2 - 1.25 * x4 + x6;
      const oddAtTwo = 0.5 * x1 - 2.5 * x3 + 2 * x5;
      const evenAtHalf = 4 * x2 - 5 * x4 + x6;
      const oddAtHalf = 2 * x1 - 2.5 * x3 + 0.5 * x5;
      heap[p + i] = 5.25 * (x2 - x4) + x6 - (heap[a + i] as number);
      heap[q + i] = even + odd;
      heap[r + i] = even - odd;
      heap[s + i] = evenAtTwo + oddAtTwo;
      heap[t + i] = evenAtTwo - oddAtTwo;
      heap[u + i] = evenAtHalf + oddAtHalf;
      heap[v + i] = evenAtHalf - oddAtHalf;
      heap[w + i] = 5.25 * (x3 - x5) + (heap[h + i] as number) - x1;
    }
  },
  fromPoints(heap, size, from, to) {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = from;
    const [second, third, fourth] = [to + size, to + 2 * size, to + 3 * size];
    for (let i = 0; i < size; i++) {
      const m1 = heap[b + i] as number;
      const m2 = heap[c + i] as number;
      const m3 = heap[d + i] as number;
      const m4 = heap[e + i] as number;
      const m5 = heap[f + i] as number;
      const m6 = heap[g + i] as number;
      const odd = m1 - m2;
      const even = m1 + m2;
      const oddAtTwo = m3 - m4;
      const evenAtTwo = m3 + m4;
      const oddAtHalf = m5 - m6;
      const evenAtHalf = m5 + m6;
      heap[to + i] = (heap[a + i] as number) + even + evenAtTwo + evenAtHalf;
      heap[second + i] = odd + 2 * oddAtTwo + 0.5 * oddAtHalf;
      heap[third + i] = even + 4 * evenAtTwo + 0.25 * evenAtHalf;
      heap[fourth + i] = odd + 8 * oddAtTwo + 0.125 * oddAtHalf + (heap[h + i] as number);
    }
  },
};
