import { beyondRounding, logitMargin, reaching, type Loss } from '../../losses.js';
import type { Aim } from '../attack.js';

/** The fraction of a largest length that attacks use, so that lengths summed in float32 by an engine do not exceed it in float64. */
export const WITHIN = 1 - 1e-5;

/** Not negative only where a point succeeds, beyond what another implementation's rounding may undo. The class is the one to leave, or to reach. */
export const successOf = (aim: Aim): Loss => beyondRounding(aim === 'untargeted' ? logitMargin : reaching(logitMargin));
