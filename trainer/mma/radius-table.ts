/** The last margin estimate of every training example, however it was augmented: where the next search for its shortest perturbation starts. */
export interface RadiusTable {
  /** By example; 0 for one never seen, or wrong when last seen. */
  readonly radii: Float32Array;
  /** ε₀ of the given examples: max(radius, ε_min). */
  startRadii(examples: Uint32Array): Float32Array;
  /** Records what a search found for the given examples, in their order. */
  record(examples: Uint32Array, found: Float32Array): void;
}

/**
 * A table of one radius per training example (paper, Algorithm 1).
 *
 * @param from a radius per example; it is changed in place
 * @param minRadius ε_min > 0, so that an example that was wrong is searched for again from there
 */
export function radiusTable(from: Float32Array, minRadius: number): RadiusTable {
  return {
    radii: from,
    startRadii: (examples) => Float32Array.from(examples, (example) => Math.max(from[example] ?? 0, minRadius)),
    record: (examples, found) => {
      examples.forEach((example, i) => {
        from[example] = found[i] ?? 0;
      });
    },
  };
}
