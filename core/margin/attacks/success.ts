import { beyondRounding, logitMargin, reaching, type Loss } from '../losses.js';
import type { Aim } from './attack.js';

/** Not negative only where a point succeeds, beyond what another implementation's rounding may undo. The class is the one to leave, or to reach. */
export const successOf = (aim: Aim): Loss => beyondRounding(aim === 'leave' ? logitMargin : reaching(logitMargin));
