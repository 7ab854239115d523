import { DomainError, invalidInput } from '../../core/errors.js';
import type { Architecture } from '../../core/model/architecture.js';
import { architectureOf, sizedFamily, type SizedFamily } from '../../core/model/families.js';
import { parseModelJson } from '../../core/model/keras/parse-model-json.js';
import { LAYERS_MODEL, readTopology } from '../../core/model/keras/read-topology.js';

/** A network that a LayersModel of TensorFlow.js states. */
export interface CustomNetwork {
  readonly name: typeof LAYERS_MODEL;
  readonly sizes: readonly [];
  /** Its `model.json`; weights that it may speak of are not used. */
  readonly layersModelJson: string;
}

/** The network of a job: of a family, or one of its own. Plain JSON. */
export type NetworkSpec = SizedFamily | CustomNetwork;

/** What a client asks for: what is not there takes its default. */
export interface NetworkRequest {
  readonly name?: string | undefined;
  readonly sizes?: readonly number[] | undefined;
  readonly layersModelJson?: string | undefined;
}

const FIELD = 'spec.architecture';
const JSON_FIELD = `${FIELD}.layers_model_json`;

/** Fills in the defaults and checks. @throws invalid-input naming the field, and the layer of a network of its own */
export function completeNetwork({ name = '', sizes = [], layersModelJson = '' }: NetworkRequest = {}): NetworkSpec {
  if (layersModelJson === '' && name !== LAYERS_MODEL)
    return sizedFamily(name, sizes, { name: `${FIELD}.name`, sizes: `${FIELD}.sizes` });
  if (name !== '' && name !== LAYERS_MODEL)
    throw invalidInput(`${FIELD}.name`, `none, or ${LAYERS_MODEL}, beside layers_model_json`, JSON.stringify(name));
  if (sizes.length > 0)
    throw invalidInput(`${FIELD}.sizes`, 'none beside layers_model_json, which names them', `${sizes.length}`);
  readCustom(layersModelJson);
  return { name: LAYERS_MODEL, sizes: [], layersModelJson };
}

/**
 * The architecture of a job's network for the images and classes of its data.
 *
 * @throws invalid-input where it is too large for them, or is its own and made for others
 */
export function networkFor(
  network: NetworkSpec,
  {
    inputShape,
    labelNames,
  }: { readonly inputShape: Architecture['inputShape']; readonly labelNames: readonly string[] },
): Architecture {
  if (network.name !== LAYERS_MODEL) return architectureOf(network, inputShape, labelNames.length);
  const architecture = readCustom(network.layersModelJson);
  const described = (shape: Architecture['inputShape'], classes: number) =>
    `inputs [${shape.join(', ')}] and ${classes} classes`;
  const [expected, got] = [
    described(inputShape, labelNames.length),
    described(architecture.inputShape, architecture.classes),
  ];
  if (expected !== got) throw invalidInput(JSON_FIELD, `${expected}, those of the data`, got);
  return architecture;
}

function readCustom(text: string): Architecture {
  const model = parseModelJson(JSON_FIELD, text);
  try {
    return readTopology(model);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new DomainError(error.kind, `${JSON_FIELD}: ${error.message}`, { cause: error });
  }
}
