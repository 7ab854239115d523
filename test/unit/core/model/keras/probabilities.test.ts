import assert from 'node:assert/strict';
import { readTopology } from '../../../../../core/model/keras/read-topology.js';
import { FLAT, functionalOf, layer, LOGITS, node, sequentialOf } from '../../../../support/keras-json.js';

describe('a network that ends in probabilities', () => {
  const cases = [
    [
      'a final softmax',
      sequentialOf(FLAT, layer('Dense', 'logits', { units: 3, activation: 'softmax' })),
      /^layer logits \(Dense\): expected a network that ends in logits: set its activation to linear, .*got softmax$/,
    ],
    [
      'a final layer of softmax',
      sequentialOf(FLAT, LOGITS, layer('Softmax', 'soft')),
      /^layer soft \(Softmax\): expected a network that ends in logits: leave the layer out, /,
    ],
    [
      'probabilities behind dropout',
      sequentialOf(
        FLAT,
        LOGITS,
        layer('Activation', 'soft', { activation: 'sigmoid' }),
        layer('Dropout', 'drop', { rate: 0.1 }),
      ),
      /^layer soft \(Activation\): expected a network that ends in logits: leave the layer out/,
    ],
    [
      'probabilities behind a ReLU, a batch normalisation, or pooling',
      sequentialOf(
        FLAT,
        layer('Dense', 'soft', { units: 3, activation: 'softmax' }),
        layer('BatchNormalization', 'norm'),
        layer('ReLU', 'relu'),
      ),
      /^layer soft \(Dense\): expected a network that ends in logits: set its activation to linear, .*got softmax, and layers up to layer relu \(ReLU\)/,
    ],
    ...['Average', 'Add', 'Multiply', 'Maximum', 'Minimum', 'Concatenate'].map(
      (merging) =>
        [
          `probabilities behind ${merging}`,
          functionalOf([
            node('Flatten', 'flat', ['start']),
            node('Dense', 'one', ['flat'], { units: 3, activation: 'softmax' }),
            node('Dense', 'two', ['flat'], { units: 3 }),
            node('Softmax', 'soft', ['two']),
            node(merging, 'logits', ['one', 'soft']),
          ]),
          /^layer one \(Dense\): expected a network that ends in logits/,
        ] as const,
    ),
  ] as const;
  for (const [what, topology, message] of cases)
    it(`is refused: ${what}`, () => {
      assert.throws(() => readTopology(topology), { kind: 'invalid-input', message });
    });

  it('is told from one that ends in logits behind gates of its own', () => {
    const gated = functionalOf([
      node('Flatten', 'flat', ['start']),
      node('Dense', 'gate', ['flat'], { units: 3, activation: 'sigmoid' }),
      node('Dense', 'values', ['flat'], { units: 3 }),
      node('Multiply', 'logits', ['gate', 'values']),
    ]);
    assert.equal(readTopology(gated).classes, 3);
  });
});
