import assert from 'node:assert/strict';
import { marginTable } from '../../../../../clients/cli/output/margin-table.js';
import type { MarginResult } from '../../../../../clients/client/margins.js';

const result: MarginResult = {
  predictedClass: 1,
  label: 1,
  status: 'found',
  distance: 0.25,
  lowerBound: 0,
  adversarialClass: 0,
  logitMargin: -1,
  unresolved: false,
  attack: 'test',
  gradientEvaluations: 20,
  converged: true,
};

describe('table of margins', () => {
  it('says of a search that found nothing how far it looked, and not that the margin is larger', () => {
    const notFound = { ...result, status: 'not-found', distance: 0.4725, adversarialClass: undefined } as const;
    const table = marginTable(['a', 'b'], [result, notFound], ['cat', 'dog']);
    const [found = '', none = ''] = table.split('\n').slice(2);
    assert.match(found, /^a +dog +dog +cat +0\.2500 +found +20 +yes$/);
    assert.match(none, /^b +dog +dog +– +none found up to 0\.4725 +not-found +20 +yes$/);
    assert.doesNotMatch(table, /[>≥]/);
  });
});
