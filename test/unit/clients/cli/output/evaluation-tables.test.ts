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

  it('say how sure every share is, what averages are of, and what checks say', () => {
    const text = evaluationTables({
      ...result,
      cleanInterval: [0.9744, 0.9901],
      attackedClean: { examples: 1000, accuracy: 0.984, interval: [0.9741, 0.9902] },
      avgAccInterval: [0.51, 0.57],
    });
    assert.match(text, /% of 1000 examples \(95 % interval 97\.4–99\.0 %\)/);
    assert.match(text, /^ *0 +98\.4 % +97\.4–99\.0 %/m);
    assert.match(text, /AvgAcc .*\(51\.0–57\.0 %\), the mean of all rows, ε = 0 included/);
    assert.match(text, /best-of \(the shortest that several searches find\)/);
    assert.match(text, /quiet: nothing was seen, which proves nothing/);
  });
});
