import type { CollectiveAttributes } from '../../graph/ops/collectives.js';
import { plain, type Lowerings } from './lowering.js';

export const COLLECTIVES: Lowerings<keyof CollectiveAttributes> = { allReduceSum: plain };
