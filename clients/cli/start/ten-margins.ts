import type { MaxMarginClient } from '../../client/connect.js';
import type { MarginResult } from '../../client/margins.js';
import type { ModelVersion } from '../../client/models.js';
import { readExamples } from '../input/data-set.js';
import { marginTable } from '../output/margin-table.js';
import { checkMargins } from './check-margins.js';

const IMAGES = 10;

/** The margins of ten test images, each checked. */
export interface TenMargins {
  readonly names: readonly string[];
  readonly results: readonly MarginResult[];
  /** What is wrong with each; undefined: nothing. */
  readonly faults: readonly (string | undefined)[];
}

/** Asks for the margins of the first test images of digits. */
export async function askTenMargins(
  server: MaxMarginClient,
  version: ModelVersion,
  dataDirectory: string,
  signal: AbortSignal,
): Promise<TenMargins> {
  const indices = Array.from({ length: IMAGES }, (_, i) => i);
  const { labels: classes } = version;
  const examples = await readExamples({ name: 'digits', split: 'test', indices, directory: dataDirectory, classes });
  const { results } = await server.margins(examples.images, {
    model: { name: version.name, version: version.version },
    labels: examples.labels,
    returnPerturbations: true,
    signal,
  });
  return { names: examples.names, results, faults: await checkMargins(server, version, examples.images, results) };
}

/** The margins for people. */
export function tenMarginsTable({ names, results, faults }: TenMargins, labels: readonly string[]): string {
  const values = faults.map((fault) => (fault === undefined ? '✓' : `✗ ${fault}`));
  return marginTable(names, results, labels, { title: 'verified', values });
}
