import { mul, reshape, tensor } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { perExample } from '../../../box.js';
import { linf } from '../../../linf.js';
import { placeFrom, scaledToRadius, signFrom, windowMask, within, type SquareMoves } from './square-moves.js';

/**
 * Square in ℓ∞ (Andriushchenko et al. 2020, arXiv:1912.00049, Alg. 2): stripes a pixel wide first, then squares of one sign a channel,
 * everything at ±ε: where a linear function is largest.
 */
export const linfMoves: SquareMoves = {
  smallestSide: 1,
  oddSides: false,
  place: scaledToRadius(linf),

  start: (random, [height, width, channels]) => {
    const stripes = Float32Array.from({ length: width * channels }, () => signFrom(random));
    return Float32Array.from({ length: height * width * channels }, (_, i) => stripes[i % stripes.length] ?? 0);
  },

  draw: (randoms, sides, [height, width, channels]) => {
    const windows: number[] = [];
    const signs: number[] = [];
    const choose = sides.map((side) =>
      randoms.map((random) => ({
        window: [placeFrom(random, side, height), placeFrom(random, side, width), side],
        signs: Array.from({ length: channels }, () => signFrom(random)),
      })),
    );
    for (const { window, signs: own } of choose.flat()) {
      windows.push(...window);
      signs.push(...own);
    }
    return {
      windows: tensor(windows, [sides.length, randoms.length, 3]),
      signs: tensor(signs, [sides.length, randoms.length, channels]),
    };
  },

  propose: ({ inputs, radii }, perturbations, { windows, signs }, bounds) => {
    const [, height, width, channels] = inputs.shape;
    const square = mul(perExample(radii), reshape<Rank.R4>(signs as Tensor2D, [-1, 1, 1, channels]));
    const mask = windowMask(windows as Tensor2D, [height, width, channels]);
    return linf.project(inputs, within(mask, square as Tensor4D, perturbations), radii, bounds);
  },
};
