import { invalidInput } from '../../core/errors.js';
import type { Norm } from '../../core/margin/threat-model.js';
import { Norm as NormMessage } from '../../proto/gen/maxmargin/v1/model.js';

/** A norm as the contract says it. */
export const normMessage = (norm: Norm): NormMessage => (norm === 'linf' ? NormMessage.LINF : NormMessage.L2);

/**
 * A norm that a client sent.
 *
 * @returns undefined if it is not set
 * @throws invalid-input
 */
export function normOf(field: string, message: NormMessage | undefined): Norm | undefined {
  switch (message) {
    case undefined:
    case NormMessage.UNSPECIFIED:
      return undefined;
    case NormMessage.LINF:
      return 'linf';
    case NormMessage.L2:
      return 'l2';
    default:
      throw invalidInput(field, 'NORM_LINF or NORM_L2', String(message));
  }
}
