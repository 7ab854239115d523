import { spawnSync } from 'node:child_process';

/** Whether a program is in PATH. */
export const installed = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
