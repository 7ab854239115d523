import assert from 'node:assert/strict';
import { readTopology } from '../../../../../core/model/keras/read-topology.js';
import { BRANCHES, functionalOf, type Json } from '../../../../support/keras-json.js';

describe('topology of a model of Keras 3', () => {
  it('is read as that of Keras 2', () => {
    const tensor = (name: string) => ({
      class_name: '__keras_tensor__',
      config: { shape: [null, 6, 6, 2], dtype: 'float32', keras_history: [name, 0, 0] },
    });
    const policy = { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' }, registered_name: null };
    const glorot = {
      module: 'keras.initializers',
      class_name: 'GlorotUniform',
      config: { seed: null },
      registered_name: null,
    };
    const nodes = BRANCHES.map((each) => {
      const inbound = (each['inbound_nodes'] as unknown[][][])[0] ?? [];
      const followed = inbound.map(([name]) => tensor(name as string));
      const config = each['config'] as Json;
      return {
        ...each,
        ...{ module: 'keras.layers', registered_name: null, build_config: { input_shape: [null, 6, 6, 2] } },
        config: { ...config, dtype: policy, ...('kernel_size' in config && { kernel_initializer: glorot }) },
        inbound_nodes:
          followed.length === 0 ? [] : [{ args: followed.length > 1 ? [followed] : followed, kwargs: { mask: null } }],
      };
    });
    const theirs = { ...functionalOf(nodes), module: 'keras', registered_name: 'Functional', build_config: {} };
    assert.deepEqual(
      readTopology({ modelTopology: { keras_version: '3.5.0', model_config: theirs } }),
      readTopology(functionalOf(BRANCHES)),
    );
    const training = nodes.map((each) => ({
      ...each,
      inbound_nodes: each.inbound_nodes.map((use) => ({ ...use, kwargs: { training: true } })),
    }));
    assert.throws(() => readTopology(functionalOf(training)), /inbound_nodes: expected the layers that it follows/);
  });
});
