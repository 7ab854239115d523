/** Layers in the order they are applied; images are [height, width, channels], kernels [height, width, in, out]. */
export type Layer =
  /** Cross-correlation with a square, odd kernel and (size − 1) / 2 zeros on every side. */
  | {
      readonly kind: 'conv2d';
      readonly name: string;
      readonly filters: number;
      readonly kernelSize: number;
      readonly stride: number;
      readonly bias: boolean;
    }
  | { readonly kind: 'relu' }
  /** The largest of each size × size block, the last ones dropped where they do not fit. */
  | { readonly kind: 'maxPool'; readonly size: number }
  /** [h, w, c] → [h · w · c]. */
  | { readonly kind: 'flatten' }
  | { readonly kind: 'dense'; readonly name: string; readonly units: number };

/** A network as data: a list of layers that ends in one logit per class. */
export interface Architecture {
  /** The family that it is of: `lenet`. */
  readonly family: string;
  /** The shape of one input: height, width, channels. */
  readonly inputShape: readonly [number, number, number];
  readonly classes: number;
  readonly layers: readonly Layer[];
}
