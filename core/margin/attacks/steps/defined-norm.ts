import { invalidInput } from '../../../errors.js';
import type { AttackNorm } from '../../threat-model.js';

/**
 * The norm of a threat model, for an attack that is not defined for all of them.
 *
 * @throws invalid-input if the attack is not defined for it
 */
export function definedNorm<N extends AttackNorm>(attack: string, norms: readonly N[], norm: AttackNorm): N {
  const known = norms.find((each) => each === norm);
  if (known === undefined) throw invalidInput('norm', `${norms.join(' or ')} for the attack ${attack}`, norm);
  return known;
}
