import type { Compile } from './engine.js';

/** How an eager engine compiles: it runs kernel by kernel, so the function is as good as it gets. */
export const eager: Compile = (fn) => fn;
