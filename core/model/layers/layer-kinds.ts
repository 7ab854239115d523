import type { Layer, LayerOf } from '../architecture.js';
import { batchNormKind } from './batch-norm.js';
import { conv2dKind } from './conv2d.js';
import { denseKind } from './dense.js';
import { flattenKind } from './flatten.js';
import { globalAverageKind } from './global-average.js';
import type { LayerKind } from './layer-kind.js';
import { layersModelKind } from './layers-model.js';
import { maxPoolKind } from './max-pool.js';
import { preactivationBlockKind } from './preactivation-block.js';
import { reluKind } from './relu.js';
import { standardiseKind } from './standardise.js';

const KINDS: { readonly [K in Layer['kind']]: LayerKind<LayerOf<K>> } = {
  standardise: standardiseKind,
  conv2d: conv2dKind,
  batchNorm: batchNormKind,
  relu: reluKind,
  maxPool: maxPoolKind,
  preactivationBlock: preactivationBlockKind,
  globalAverage: globalAverageKind,
  flatten: flattenKind,
  dense: denseKind,
  layersModel: layersModelKind,
};

/** What is known about a layer's kind. */
export function kindOf<L extends Layer>(layer: L): LayerKind<L> {
  return KINDS[layer.kind] as unknown as LayerKind<L>;
}

/** The fields of a kind of layer, undefined if there is no such kind. */
export function fieldsOf(kind: string): LayerKind<Layer>['fields'] | undefined {
  return Object.hasOwn(KINDS, kind) ? KINDS[kind as Layer['kind']].fields : undefined;
}
