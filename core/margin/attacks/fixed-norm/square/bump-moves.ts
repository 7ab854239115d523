import { add, div, maximum, mul, reshape, sub, sum, tensor } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Random } from '../../../../random.js';
import { perExample } from '../../../box.js';
import type { NormGeometry } from '../../../geometry.js';
import { hostLength } from '../../../host-length.js';
import { LEAST_LENGTH } from '../../../scaling.js';
import type { AttackNorm } from '../../../threat-model.js';
import { placeFrom, signFrom, windowMask, within, type SquareMoves } from './square-moves.js';

/** The first perturbation is a grid of so many bumps a side. */
const GRID = 5;

/** A norm whose power is a sum over values: ‖δ‖ᵖ = Σⱼ |δⱼ|ᵖ. */
export interface SummedNorm {
  readonly geometry: NormGeometry;
  /** |t|ᵖ. */
  readonly power: (values: Tensor4D) => Tensor4D;
  /** t^{1/p} of t ≥ 0. */
  readonly root: (values: Tensor4D) => Tensor4D;
  /** By which power of the distance bumps fall from their middles. */
  readonly fall: number;
  /** Of how many channels a channel spends the fraction of what the ball has room for: what is too long then is projected. */
  readonly spends: (channels: number) => number;
  /** The first perturbation from a grid of bumps of length 1. */
  readonly place: SquareMoves['place'];
}

/**
 * Square in norms that share a length out over an image (Andriushchenko et al. 2020, arXiv:1912.00049, Alg. 3, with the numbers of its public
 * implementation): bumps of both signs and odd sides of at least three; a query takes away what perturbs one window, and spends it, with what the
 * ball has room for, on a bump in another.
 *
 * Differs from that implementation: windows may lie at the last row and column, too.
 */
export const bumpMoves = ({ geometry, power, root, fall, spends, place }: SummedNorm): SquareMoves => {
  /** ‖·‖ᵖ of each channel of each image, [n, 1, 1, c]. */
  const channelPowers = (images: Tensor4D): Tensor4D => sum(power(images), [1, 2], true);
  const channelLengths = (images: Tensor4D): Tensor4D => root(channelPowers(images));
  return {
    // A bump of fewer pixels has no shape.
    smallestSide: 3,
    oddSides: true,
    place,

    start: (random, [height, width, channels]) => {
      const image = new Float32Array(height * width * channels);
      const side = Math.max(1, Math.floor(Math.min(height, width) / GRID));
      const [rows, columns] = [Math.min(GRID, Math.floor(height / side)), Math.min(GRID, Math.floor(width / side))];
      const [top, left] = [(height - rows * side) >> 1, (width - columns * side) >> 1];
      for (let tile = 0; tile < rows * columns; tile++) {
        const values = bump(geometry.norm, fall, side, random.below(2) === 1);
        const signs = Array.from({ length: channels }, () => signFrom(random));
        const [row, column] = [top + Math.floor(tile / columns) * side, left + (tile % columns) * side];
        for (const [i, value] of values.entries()) {
          const pixel = (row + Math.floor(i / side)) * width + column + (i % side);
          for (const [channel, sign] of signs.entries()) image[pixel * channels + channel] = sign * value;
        }
      }
      return image;
    },

    draw: (randoms, sides, [height, width, channels]) => {
      const count = sides.length * randoms.length;
      const size = height * width;
      const bumps = new Float32Array(count * size);
      const windows: Record<'filled' | 'emptied', number[]> = { filled: [], emptied: [] };
      const signs: number[] = [];
      const chooseWindow = (random: Random, side: number): [number, number, number] => [
        placeFrom(random, side, height),
        placeFrom(random, side, width),
        side,
      ];
      for (const [query, side] of sides.entries()) {
        for (const [example, random] of randoms.entries()) {
          const filled = chooseWindow(random, side);
          windows.filled.push(...filled);
          windows.emptied.push(...chooseWindow(random, side));
          for (let channel = 0; channel < channels; channel++) signs.push(signFrom(random));
          const start = (query * randoms.length + example) * size + filled[0] * width + filled[1];
          for (const [i, value] of bump(geometry.norm, fall, side, random.below(2) === 1).entries()) {
            bumps[start + Math.floor(i / side) * width + (i % side)] = value;
          }
        }
      }
      const shape = (...last: number[]): number[] => [sides.length, randoms.length, ...last];
      return {
        filled: tensor(windows.filled, shape(3)),
        emptied: tensor(windows.emptied, shape(3)),
        signs: tensor(signs, shape(channels)),
        bumps: tensor(bumps, shape(height, width)),
      };
    },

    // ν = δ; W₁, W₂ the windows; η of length 1 on W₁; ρ a sign. In each channel
    //     ν_temp ← ρη + ν_W₁ / ‖ν_W₁‖;   availableᵖ ← s (‖ν_{W₁∪W₂}‖ᵖ + (εᵖ − ‖ν‖ᵖ) / c);   ν_W₂ ← 0;   ν_W₁ ← available · ν_temp / ‖ν_temp‖
    propose: ({ inputs, radii }, perturbations, { filled, emptied, signs, bumps }, bounds) => {
      const [, height, width, channels] = inputs.shape;
      const shape = [height, width, channels] as const;
      const target = windowMask(filled as Tensor2D, shape);
      const changed: Tensor4D = maximum(target, windowMask(emptied as Tensor2D, shape));
      const kept: Tensor4D = mul(perturbations, target);
      const released: Tensor4D = mul(perturbations, changed);
      const bump = mul(
        reshape<Rank.R4>(bumps as Tensor3D, [-1, height, width, 1]),
        reshape<Rank.R4>(signs as Tensor2D, [-1, 1, 1, channels]),
      );
      const mixed: Tensor4D = add(bump, div(kept, maximum(channelLengths(kept), LEAST_LENGTH)));
      const spared = sub(power(perExample(radii)), power(perExample(geometry.lengths(perturbations))));
      const unused: Tensor4D = maximum(spared, 0);
      const available = root(mul(add(channelPowers(released), div(unused, channels)), spends(channels)));
      const spent: Tensor4D = mul(div(mixed, maximum(channelLengths(mixed), LEAST_LENGTH)), available);
      return geometry.project(inputs, within(changed, spent, perturbations), radii, bounds);
    },
  };
};

/**
 * η on a square, of length 1: two halves of opposite signs and of the same length, in each of which values rise towards its middle like those of
 * concentric rectangles,
 *
 *     η_{r,s} = Σ_{k=0}^{M(r,s)} 1 / (n + 1 − k)^f,   M = n − max(|r − ⌊h₁/2⌋ − 1|, |s − ⌊h₂/2⌋ − 1|),   n = ⌊h₁/2⌋,   h₁ ≥ h₂
 *
 * @param fall f
 * @param turned halves beside each other instead of one above the other
 */
function bump(norm: AttackNorm, fall: number, side: number, turned: boolean): Float32Array {
  const half = side >> 1;
  const upper = halfBump(norm, fall, side, half);
  const lower = halfBump(norm, fall, side, side - half).map((value) => -value);
  const values = Float32Array.of(...upper, ...lower);
  const length = hostLength(norm, values);
  return Float32Array.from(values, (_, i) => {
    const source = turned ? (i % side) * side + Math.floor(i / side) : i;
    return (values[source] ?? 0) / length;
  });
}

/** Some rows of a bump, of length 1; a bump of one pixel has only a lower half. */
function halfBump(norm: AttackNorm, fall: number, side: number, rows: number): Float32Array {
  const n = side >> 1;
  const values = Float32Array.from({ length: rows * side }, (_, i) => {
    const [row, column] = [Math.floor(i / side), i % side];
    const last = n - Math.max(Math.abs(row - (rows >> 1)), Math.abs(column - n));
    let value = 0;
    for (let k = 0; k <= last; k++) value += 1 / (n + 1 - k) ** fall;
    return value;
  });
  const length = hostLength(norm, values);
  return values.map((value) => value / length);
}
