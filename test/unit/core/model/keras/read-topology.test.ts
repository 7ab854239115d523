import assert from 'node:assert/strict';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import { readTopology } from '../../../../../core/model/keras/read-topology.js';
import { readKerasWeights } from '../../../../../core/model/keras/read-weights.js';
import { buildModel } from '../../../../../core/model/model.js';
import {
  BRANCHES,
  FLAT,
  functionalOf,
  layer,
  LOGITS,
  node,
  sequentialOf,
  type Json,
} from '../../../../support/keras-json.js';
import { savedModel } from '../../../../support/keras-models.js';
import { TEST_ENGINE } from '../../../../support/test-engine.js';

describe('topology of a LayersModel', () => {
  before(() => openEngine(TEST_ENGINE));

  it('a Sequential model whose first layer says the shape, as model.save writes it', async () => {
    const theirs = sequential({
      layers: [
        layers.conv2d({ inputShape: [6, 5, 2], filters: 4, kernelSize: 3, name: 'conv', activation: 'relu' }),
        layers.flatten(),
        layers.dense({ units: 3, name: 'logits' }),
      ],
    });
    const { json, weights } = await savedModel(theirs);
    const architecture = readTopology(json);
    assert.deepEqual(architecture.inputShape, [6, 5, 2]);
    assert.equal(architecture.classes, 3);
    assert.equal(architecture.family, 'layers-model');
    assert.deepEqual(buildModel(architecture).parameters, {
      'conv.kernel': [3, 3, 2, 4],
      'conv.bias': [4],
      'logits.kernel': [48, 3],
      'logits.bias': [3],
    });
    const read = readKerasWeights(json, architecture, weights);
    assert.deepEqual(read['conv.kernel']!.data, await theirs.layers[0]!.getWeights()[0]!.data());
    theirs.dispose();
  });

  it('a graph in any order, its topology alone, with and without model_config, keys in either case', () => {
    const expected = readTopology(functionalOf(BRANCHES));
    const camel = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(camel);
      if (typeof value !== 'object' || value === null) return value;
      const renamed = (key: string) => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      return Object.fromEntries(Object.entries(value).map(([key, field]) => [renamed(key), camel(field)]));
    };
    assert.deepEqual(readTopology(camel(functionalOf(BRANCHES))), expected);
    assert.deepEqual(readTopology({ modelTopology: { model_config: functionalOf(BRANCHES) } }), expected);
    const sorted = (json: Json) => buildModel(readTopology(json)).parameters;
    assert.deepEqual(
      Object.entries(sorted(functionalOf(BRANCHES.toReversed()))).toSorted(),
      Object.entries(buildModel(expected).parameters).toSorted(),
    );
  });

  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    [
      'a class that is not known',
      sequentialOf(layer('Lambda', 'trick'), FLAT, LOGITS),
      /^layer trick \(Lambda\): expected one of the layers that are known: Activation, Add, .*, got "Lambda"$/,
    ],
    [
      'an option that is not known',
      sequentialOf(FLAT, layer('Dense', 'logits', { units: 3, magic: 2 })),
      /^layer logits \(Dense\): magic: expected no option that is not known, got 2$/,
    ],
    [
      'an option that is wrong',
      sequentialOf(layer('Conv2D', 'c', { filters: 2, kernel_size: 3, padding: 'causal' }), FLAT, LOGITS),
      /^layer c \(Conv2D\): padding: expected one of valid, same, got "causal"$/,
    ],
    [
      'channels first',
      sequentialOf(layer('MaxPooling2D', 'p', { data_format: 'channels_first' }), FLAT, LOGITS),
      /^layer p \(MaxPooling2D\): data_format: expected one of channels_last/,
    ],
    [
      'a missing option',
      sequentialOf(FLAT, layer('Dense', 'logits')),
      /^layer logits \(Dense\): units: expected an integer from 1 to 65536, got none$/,
    ],
    [
      'a size that is none',
      sequentialOf(FLAT, layer('Dense', 'logits', { units: 1.5 })),
      /^layer logits \(Dense\): units: .*got 1\.5$/,
    ],
    [
      'an unknown activation',
      sequentialOf(FLAT, layer('Dense', 'logits', { units: 3, activation: 'cosine' })),
      /^layer logits \(Dense\): activation: expected one of linear, relu, .*got "cosine"$/,
    ],
    [
      'an unknown initializer',
      sequentialOf(FLAT, layer('Dense', 'logits', { units: 3, kernel_initializer: 'magic' })),
      /^layer logits \(Dense\): kernel_initializer: expected one of GlorotUniform, .*got "magic"$/,
    ],
    [
      'one class',
      sequentialOf(FLAT, layer('Dense', 'logits', { units: 1 })),
      /^layer logits \(Dense\): expected to end the network in a logit for each of two or more classes, got \[1\]$/,
    ],
    [
      'images at the end',
      sequentialOf(layer('Conv2D', 'c', { filters: 2, kernel_size: 3 })),
      /^layer c \(Conv2D\): expected to end the network in a logit .*got \[4, 4, 2\]$/,
    ],
    [
      'a layer of images after vectors',
      sequentialOf(FLAT, layer('Conv2D', 'c', { filters: 2, kernel_size: 3 }), LOGITS),
      /^layer c \(Conv2D\): expected to follow images \[height, width, channels\], got \[36\]$/,
    ],
    [
      'a window that does not fit',
      sequentialOf(layer('Conv2D', 'c', { filters: 2, kernel_size: 7 }), FLAT, LOGITS),
      /^layer c \(Conv2D\): expected images of at least 7×7 values, dilated, got 6×6$/,
    ],
    [
      'too many weights',
      sequentialOf(FLAT, layer('Dense', 'huge', { units: 65536 }), layer('Dense', 'more', { units: 65536 }), LOGITS),
      /^layer more \(Dense\): expected at most 268435456 values of weights/,
    ],
    [
      'two layers of one name',
      sequentialOf(FLAT, layer('Dense', 'flat', { units: 3 })),
      /^layer flat \(Dense\): name: expected a name of its own/,
    ],
    [
      'a name with a path in it',
      sequentialOf(FLAT, layer('Dense', '../b', { units: 3 })),
      /^layer \.\.\.b \(Dense\): name: expected up to 100 letters/,
    ],
    ['no layers', sequentialOf(), /^layers: expected 1 to 1000 of them, got 0$/],
    [
      'vectors for inputs',
      { class_name: 'Sequential', config: [layer('Dense', 'logits', { units: 3, batch_input_shape: [null, 784] })] },
      /batch_input_shape: expected \[null, height, width, channels\], in numbers .*got \[null,784\]$/,
    ],
    [
      'images of any size',
      {
        class_name: 'Sequential',
        config: [layer('Flatten', 'flat', { batch_input_shape: [null, null, null, 1] }), LOGITS],
      },
      /batch_input_shape: expected/,
    ],
    [
      'two inputs',
      functionalOf(BRANCHES, {
        input_layers: [
          ['start', 0, 0],
          ['left', 0, 0],
        ],
      }),
      /^model\.json: input_layers: expected one, as \[name, 0, 0\]/,
    ],
    [
      'two outputs',
      functionalOf(BRANCHES, {
        output_layers: [
          ['logits', 0, 0],
          ['flat', 0, 0],
        ],
      }),
      /^model\.json: output_layers: expected one/,
    ],
    [
      'a use of a layer that leads nowhere',
      functionalOf(
        BRANCHES.map((each) =>
          each['name'] === 'right' ? { ...each, inbound_nodes: [[['start', 0, 0, {}]], [['left', 0, 0, {}]]] } : each,
        ),
      ),
      /^layer right\.1 \(Conv2D\): expected to lead to the output logits, got a branch that ends$/,
    ],
    [
      'a circle',
      functionalOf(
        BRANCHES.map((each) =>
          each['name'] === 'left' ? node('Conv2D', 'left', ['sum'], { filters: 2, kernel_size: 3 }) : each,
        ),
      ),
      /^layer left \(Conv2D\): inbound_nodes: expected layers that begin at the input, got "sum"$/,
    ],
    [
      'a branch that ends',
      functionalOf([...BRANCHES, node('Flatten', 'off', ['left'])]),
      /^layer off \(Flatten\): expected to lead to the output logits, got a branch that ends$/,
    ],
    [
      'shapes that do not add up',
      functionalOf(
        BRANCHES.map((each) =>
          each['name'] === 'right' ? node('Conv2D', 'right', ['start'], { filters: 2, kernel_size: 3 }) : each,
        ),
      ),
      /^layer sum \(Add\): expected to follow equal shapes, got \[6, 6, 2\] and \[4, 4, 2\]$/,
    ],
    [
      'nodes that say nothing',
      functionalOf([
        { ...node('Flatten', 'flat', []), inbound_nodes: [{ args: [], kwargs: {} }] },
        node('Dense', 'logits', ['flat'], { units: 3 }),
      ]),
      /^layer flat \(Flatten\): inbound_nodes: expected the layers that it follows, as Keras writes them/,
    ],
    [
      'a graph model',
      { format: 'graph-model', modelTopology: {} },
      /^model\.json: format: expected layers-model .*got "graph-model"$/,
    ],
    [
      'another class of models',
      { class_name: 'MyModel', config: {} },
      /^model\.json: class_name: expected one of Sequential, Model, Functional, got "MyModel"$/,
    ],
    ['no object', [1], /^model\.json: expected an object, got \[1\]$/],
  ];
  for (const [what, json, message] of wrong) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readTopology(json), { name: 'DomainError', kind: 'invalid-input', message });
    });
  }
});
