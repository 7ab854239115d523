import assert from 'node:assert/strict';
import { evaluationTables } from '../../../../../clients/cli/output/evaluation-tables.js';
import { richEvaluation } from '../../../../support/evaluation-example.js';

describe('tables of an evaluation', () => {
  const result = richEvaluation({});
  const titled = (norm: typeof result.plan.norm): string =>
    evaluationTables({ ...result, plan: { ...result.plan, norm } });

  it('name the white-box attack of the norm: PGD is defined in two of them, Auto-PGD stands for it in l1', () => {
    assert.match(titled('linf'), /^White-box PGD, /m);
    assert.match(titled('l2'), /^White-box PGD, /m);
    assert.match(titled('l1'), /^White-box Auto-PGD, /m);
  });
});
