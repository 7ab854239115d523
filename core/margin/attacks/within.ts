/** The share of a largest length that attacks use, so that lengths summed in float32 by an engine do not exceed it in float64. */
export const WITHIN = 1 - 1e-5;
