import { join } from 'node:path';

/** Where the weights at the end of an epoch are kept, below a job's directory: parameters and running statistics, as `models import` takes them. */
export function epochFile(directory: string, epoch: number): string {
  return join(directory, `epoch-${String(epoch).padStart(4, '0')}.safetensors`);
}
