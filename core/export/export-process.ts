import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DomainError, type ErrorKind } from '../errors.js';
import type { OnnxCheck } from '../registry/manifest.js';
import type { WriteOnnx } from '../registry/registry.js';

const ENTRY = fileURLToPath(new URL('./export-process-main.js', import.meta.url));

/** What the process answers. */
export type ExportAnswer =
  { readonly check: OnnxCheck } | { readonly failure: { readonly kind: ErrorKind; readonly message: string } };

/** Writes `model.onnx` in a process of its own, for whoever has messages to answer meanwhile. */
export const exportInProcess: WriteOnnx = (directory, file, about) =>
  new Promise((resolve, reject) => {
    const child = fork(ENTRY, [directory, file, JSON.stringify(about)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.once('error', reject);
    child.once('message', (answer: ExportAnswer) => {
      if ('check' in answer) resolve(answer.check);
      else reject(new DomainError(answer.failure.kind, answer.failure.message));
    });
    // After an answer this changes nothing.
    child.once('exit', (code, signal) => {
      reject(new DomainError('internal', `model.onnx: its process ended with ${signal ?? `code ${code ?? -1}`}`));
    });
  });
