import type { Images } from '../../client/images.js';

/** Images to ask about, what to call each, and their true classes where the source knows them. */
export interface Inputs {
  readonly images: Images;
  readonly names: readonly string[];
  readonly labels?: readonly number[];
}
