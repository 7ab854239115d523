import { stat } from 'node:fs/promises';

/** Whether there is a directory of this name, or a link to one: directories are followed wherever they lead, everywhere. */
export const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
