import assert from 'node:assert/strict';
import { evaluationFields, modelsTable } from '../../../../../clients/cli/output/model-tables.js';
import type { ModelVersion } from '../../../../../clients/client/models.js';

describe('table of models', () => {
  const version = (number: number, state: ModelVersion['state'], stateReason: string): ModelVersion => ({
    name: 'digits',
    version: number,
    state,
    stateReason,
    aliases: [],
    inputShape: [],
    bounds: { lower: 0, upper: 0 },
    labels: [],
    norm: 'linf',
    maxDistance: 0,
  });

  it('says below why versions have failed', () => {
    const versions = [version(1, 'available', ''), version(2, 'failed', 'weights.bin: expected 3 bytes, got 2')];
    const lines = modelsTable([{ name: 'digits', versions, aliases: {} }])
      .trimEnd()
      .split('\n');
    assert.deepEqual(lines.slice(-2), ['', 'digits 2: weights.bin: expected 3 bytes, got 2']);
    assert.doesNotMatch(modelsTable([{ name: 'digits', versions: versions.slice(0, 1), aliases: {} }]), /digits 1:/);
  });

  it('says how sure the fractions of an evaluation are', () => {
    const fields = new Map(
      evaluationFields({
        ...{ examples: 263, cleanAccuracy: 81 / 263, marginExamples: 20, meanMargin: 0.1, medianMargin: 0.1 },
        ...{ notFoundFraction: 0, norm: 'linf', maxDistance: 0.3, attack: 'best-of', gradientEvaluations: 100 },
        robustAccuracies: [
          { epsilon: 0.1, examples: 148, accuracy: 15 / 148, attacks: ['pgd-ce'], iterations: 20, restarts: 2 },
        ],
      }),
    );
    // Newcombe (1998), Table I.
    assert.match(
      fields.get('accuracy') ?? '',
      /^30\.8 % \(25\.5–36\.6 %\) of 263 test examples; in parentheses 95 % intervals$/,
    );
    assert.match(fields.get('not found') ?? '', /^0\.0 % \(0\.0–16\.1 %\)/);
    assert.match(fields.get('robust') ?? '', /^10\.1 % \(6\.2–16\.0 %\) at ε 0\.1000/);
  });
});
