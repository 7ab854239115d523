/** Layers in the order they are applied; images are [height, width, channels], kernels [height, width, in, out]. */
export type Layer =
  /** Each image minus its mean, divided by its population deviation, which is floored at 1/√(values). */
  | { readonly kind: 'standardise' }
  /** Cross-correlation with a square, odd kernel and (size − 1) / 2 zeros on every side. */
  | {
      readonly kind: 'conv2d';
      readonly name: string;
      readonly filters: number;
      readonly kernelSize: number;
      readonly stride: number;
      readonly bias: boolean;
    }
  /** Batch normalisation of each channel, PyTorch's momentum 0.1, ε 1e-5. */
  | { readonly kind: 'batchNorm'; readonly name: string }
  | { readonly kind: 'relu' }
  /** The largest of each size × size block, the last ones dropped where they do not fit. */
  | { readonly kind: 'maxPool'; readonly size: number }
  /**
   * a = relu(bn1(x)); conv2(relu(bn2(conv1(a)))) + shortcut, 3×3 convolutions without bias, the first with the stride. The shortcut is x, or
   * where the number of channels changes a 1×1 convolution of a.
   */
  | { readonly kind: 'preactivationBlock'; readonly name: string; readonly filters: number; readonly stride: number }
  /** [h, w, c] → [c], the mean. */
  | { readonly kind: 'globalAverage' }
  /** [h, w, c] → [h · w · c]. */
  | { readonly kind: 'flatten' }
  | { readonly kind: 'dense'; readonly name: string; readonly units: number }
  /** A network of Keras' layers (see keras/), each after those that it follows; the last one's values are the result. */
  | { readonly kind: 'layersModel'; readonly nodes: readonly KerasNode[] };

/** One layer of a LayersModel. */
export interface KerasNode {
  /** Its weights are called by this and Keras' names for them: `conv2d_1.kernel`. */
  readonly name: string;
  /** Keras' name of its class: `Conv2D`. */
  readonly className: string;
  /** The nodes whose values it takes; `input` is what the network is given. */
  readonly inputs: readonly string[];
  /** Its options by Keras' names, every one stated. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The node of the same class and options whose weights it uses; not given: its own. */
  readonly weightsOf?: string;
}

/** The layer of a kind. */
export type LayerOf<K extends Layer['kind']> = Extract<Layer, { readonly kind: K }>;

/** A network as data: a list of layers that ends in one logit per class. */
export interface Architecture {
  /** The family that it is of: `lenet`, `wrn`; `layers-model` where a file of TensorFlow.js stated it. */
  readonly family: string;
  /** The shape of one input: height, width, channels. */
  readonly inputShape: readonly [number, number, number];
  readonly classes: number;
  readonly layers: readonly Layer[];
}
