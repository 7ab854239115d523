import type { NodeEmitter } from './node-emitter.js';

/** So steep that any normal number becomes at least 1. */
const STEEP = { float: 2 ** 127 };

/**
 * 1 where x > 0 and 0 elsewhere, to be multiplied with: ONNX Runtime casts what a comparison gives on one thread, number by number, and its Where takes
 * five times as long as a product. Numbers below 2⁻¹²⁷, which are above 0 but not normal, are not told from 0 sharply.
 */
export const isPositive = (out: NodeEmitter, x: string): string =>
  out.emit('HardSigmoid', [x], { alpha: STEEP, beta: { float: 0 } });

/** 1 where left ≥ right and 0 elsewhere; both are finite. */
export const isNotBelow = (out: NodeEmitter, left: string, right: string): string =>
  out.emit('HardSigmoid', [out.emit('Sub', [left, right])], { alpha: STEEP, beta: { float: 1 } });
