import type { Architecture, Layer } from './architecture.js';

/** A multilayer perceptron: the flattened input, a dense layer with ReLU for each number of hidden units, a dense layer of logits. */
export function mlp(
  hidden: readonly number[],
  inputShape: Architecture['inputShape'] = [28, 28, 1],
  classes = 10,
): Architecture {
  const layers = hidden.flatMap((units, index): Layer[] => [
    { kind: 'dense', name: `dense${index + 1}`, units },
    { kind: 'relu' },
  ]);
  return {
    family: 'mlp',
    inputShape,
    classes,
    layers: [{ kind: 'flatten' }, ...layers, { kind: 'dense', name: `dense${hidden.length + 1}`, units: classes }],
  };
}
