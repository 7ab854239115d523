import type { Norm } from '../../core/margin/threat-model.js';
import type { Augmentation } from '../mma/augmentation.js';
import type { Method } from '../mma/methods.js';
import type { MethodRequest } from './method-spec.js';
import type { NetworkRequest } from './network-spec.js';
import type { OptimizerRequest } from './optimizer-spec.js';
import type { ValidationRequest } from './validation-spec.js';

/** What a client asks for: what is not there takes its default. */
export interface JobSpecRequest extends MethodRequest, ValidationRequest {
  readonly model: string;
  readonly data?: {
    readonly name?: string | undefined;
    readonly directory?: string | undefined;
    readonly trainExamples?: number | undefined;
    readonly validationExamples?: number | undefined;
  };
  readonly architecture?: NetworkRequest;
  readonly method?: Method | undefined;
  readonly norm?: Norm | undefined;
  readonly maxDistance?: number | undefined;
  readonly minRadius?: number | undefined;
  readonly attackIterations?: number | undefined;
  readonly bisections?: number | undefined;
  readonly steps?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly optimizer?: OptimizerRequest | undefined;
  readonly seed?: string | undefined;
  readonly augmentation?: Augmentation | undefined;
  readonly alias?: string | undefined;
  readonly preset?: string | undefined;
}
