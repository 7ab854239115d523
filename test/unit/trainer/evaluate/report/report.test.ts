import assert from 'node:assert/strict';
import type { EvaluationResult } from '../../../../../trainer/evaluate/evaluation-result.js';
import { renderReport } from '../../../../../trainer/evaluate/report/report.js';
import { minimalEvaluation, richEvaluation } from '../../../../support/evaluation-example.js';

const HOSTILE = `"><script>alert('1')</script><img src=x onerror=alert(1)>&lt;`;

/** Fields that are chosen from a list, and bytes: everything else may be any text. */
const CHOSEN = ['status', 'norm', 'input', 'perturbation', 'kind', 'split'];

function withTexts<T>(value: T, text: string, field = ''): T {
  if (typeof value === 'string') return (CHOSEN.includes(field) ? value : text) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => withTexts(item, text, field)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withTexts(item as unknown, text, name)]),
  ) as T;
}

const tagsOf = (html: string): readonly string[] => html.match(/<[^>]*>/g)!.map((tag) => tag.replace(/"[^"]*"/g, '""'));
const sectionsOf = (html: string): readonly string[] =>
  [...html.matchAll(/<section id="([a-z]+)"/g)].map(([, id]) => id!);

describe('the report of an evaluation', () => {
  it('has every part of a whole evaluation, in the order in which people want them', () => {
    assert.deepEqual(sectionsOf(renderReport(richEvaluation())), [
      'figures',
      'masking',
      'robustness',
      'margins',
      'classes',
      'attacks',
      'training',
      'examples',
      'repeat',
    ]);
  });

  it('leaves out what was not measured', () => {
    assert.deepEqual(sectionsOf(renderReport(minimalEvaluation())), ['figures', 'masking', 'repeat']);
  });

  it('puts in any text as text: not one tag more than with harmless ones', () => {
    const [rich, other] = [richEvaluation(), richEvaluation({ seed: 2, maxDistance: 0.3 })];
    const hostile = renderReport(withTexts(rich, HOSTILE), withTexts(other, HOSTILE));
    const harmless = renderReport(withTexts(rich, 'x'), withTexts(other, 'x'));
    assert.ok(hostile.includes('&lt;script&gt;'));
    assert.deepEqual(tagsOf(hostile), tagsOf(harmless));
    assert.ok(!/<script|<img src=x/.test(hostile));
  });

  it('shows raised flags first, with their reasons', () => {
    const html = renderReport(richEvaluation());
    const raised = html.indexOf('▲ Raised');
    assert.ok(raised > 0 && raised < html.indexOf('✓ Not raised'));
    assert.ok(html.includes('Square breaks 14 of 200 examples'));
    assert.ok(html.includes('1 of 4 checks for gradient masking raises a flag'));
  });

  it('lists attacks in the order in which they ran, though a smaller ε stands for some', () => {
    const rich = richEvaluation();
    const [first, second] = rich.whiteBox;
    const smaller = { attack: 'smaller ε', attempted: 1000, broken: 15 };
    const html = renderReport({ ...rich, whiteBox: [first!, { ...second!, attacks: [smaller, ...second!.attacks] }] });
    assert.match(html, /<th scope="row">smaller ε<\/th>.*<th scope="row">pgd-ce<\/th>/s);
    assert.ok(html.includes('counts what was broken within a smaller one'));
  });

  it('says of a check that was not made that it was not, and does not count it', () => {
    const rich = richEvaluation();
    const masking = [
      { check: 'attacks-disagree', raised: false, reason: 'Not made: there is only one attack.' },
      { check: 'zero-gradients', raised: false, reason: 'At 0 of 32 inputs; more than 5 % would be many.' },
    ];
    const html = renderReport({ ...rich, masking });
    assert.ok(
      html.includes('– Not made') && html.includes('No flag is raised by 1 check for gradient masking (1 not made)'),
    );
    assert.ok(html.includes('more than 5\u202f%'));
  });

  it('says where margins show that attacks at a fixed ε were too weak', () => {
    const rich = richEvaluation();
    const weak = rich.whiteBox.map((at) => ({ ...at, accuracy: Math.min(1, at.accuracy + 0.1) }));
    assert.ok(renderReport({ ...rich, whiteBox: weak }).includes('which were too weak there'));
    assert.ok(!renderReport({ ...rich, whiteBox: weak.map((at) => ({ ...at, examples: 2000 })) }).includes('too weak'));
  });

  it('puts margins of the attacked examples beside attacks, and says so; where fewer were measured, it says that', () => {
    const rich = richEvaluation();
    // Of the first hundred all have the margin 0.5, of the rest none: beside attacks on the first hundred it is 100 %.
    const each = rich.margins!.each.map((margin) => ({
      ...margin,
      status: 'found' as const,
      distance: margin.index < 100 ? 0.45 : 0.001,
    }));
    const on = (examples: number): EvaluationResult => ({
      ...rich,
      whiteBox: rich.whiteBox.map((at) => ({ ...at, examples, accuracy: 1, interval: [0.9, 1] as const })),
      autoAttack: [],
      margins: { ...rich.margins!, each },
    });
    const rows = (html: string) => {
      const [section] = /<section id="robustness">.*?<\/section>/s.exec(html)!;
      const found = [...section.matchAll(/<tr>.*?<\/tr>/g)].map(([row]) => row).slice(2, -2);
      assert.equal(found.length, rich.whiteBox.length);
      return found;
    };
    const same = renderReport(on(100));
    assert.ok(same.includes('All figures here are of the same examples, the first 100 of the test split.'));
    // ε, white-box, margin > ε: 100 % of 100, the interval from n / (n + z²).
    for (const row of rows(same)) assert.match(row, /100\.0\u202f%<small>96\.3–100\.0\u202f%<\/small><\/td><\/tr>$/);
    const fewer = renderReport(on(2000));
    assert.ok(
      fewer.includes(
        'Attacks ran on the first 2,000 examples of the test split, margins were measured on the first 1,000 alone',
      ),
    );
    for (const row of rows(fewer)) assert.match(row, />10\.0\u202f%<small>/);
  });

  it('shows of which accuracies its averages are, and how sure each fraction is', () => {
    const rich = richEvaluation();
    const attackedClean = { examples: 100, accuracy: 0.97, interval: [0.915, 0.99] as const };
    const html = renderReport({ ...rich, attackedClean, avgAcc: 0.6, avgAccInterval: [0.5, 0.69] });
    assert.match(html, /0 \(clean\)<\/th><td class="number">97\.0\u202f%<small>91\.5–99\.0/);
    assert.match(html, /AvgAcc<\/th><td class="number">60\.0\u202f%<small>50\.0–69\.0/);
    assert.ok(html.includes('AvgAcc is the mean over the same and the clean accuracy in the first row'));
    assert.ok(html.includes('runs several searches and keeps the shortest'));
    assert.match(html, /kept for validation, by one run of PGD/);
  });

  it('compares models of other grids and distances, and says what does not compare', () => {
    const baseline = richEvaluation({
      title: 'other 1',
      seed: 2,
      maxDistance: 0.2,
      epsilons: [0.05, 0.15],
      examples: 50,
    });
    const html = renderReport(richEvaluation(), baseline);
    assert.ok(html.includes('Margins were searched up to 0.4725 here, 0.2 for the baseline'));
    assert.ok(html.includes('The grids of ε differ'));
    const otherNorm: EvaluationResult = { ...baseline, plan: { ...baseline.plan, norm: 'l2' } };
    assert.ok(renderReport(richEvaluation(), otherNorm).includes('The norms differ'));
  });

  it('survives numbers that JSON could not hold', () => {
    const broken = JSON.parse(
      JSON.stringify(richEvaluation(), (name, value: unknown) =>
        name === 'adversarialLoss' || name === 'mean' ? NaN : value,
      ),
    ) as EvaluationResult;
    assert.ok(!/NaN|Infinity|undefined|null/.test(renderReport(broken).replaceAll(/base64,[^"]*/g, '')));
  });

  it('draws evaluations in which everything is the same, or nothing is found', () => {
    const one = richEvaluation({ examples: 1 });
    const all = (status: 'found' | 'not-found' | 'misclassified', distance: number): EvaluationResult => {
      const rich = richEvaluation({ examples: 20 });
      const each = rich.margins!.each.map((margin) => ({ ...margin, status, distance }));
      const history = {
        ...rich.history!,
        steps: rich.history!.steps.slice(0, 1),
        validations: rich.history!.validations.slice(0, 1),
      };
      return { ...rich, margins: { ...rich.margins!, each, closest: [], farthest: [] }, history };
    };
    const many = richEvaluation({ labels: Array.from({ length: 1000 }, (_, i) => `class ${i}`), examples: 300 });
    for (const odd of [one, all('found', 0), all('not-found', 0.4725), all('misclassified', 0), many]) {
      const html = renderReport(odd, all('found', 0.1));
      assert.ok(!/NaN|Infinity|undefined/.test(html.replaceAll(/base64,[^"]*/g, '')));
      assert.ok(Buffer.byteLength(html) < 250_000, `${Buffer.byteLength(html)} bytes`);
    }
  });

  it('draws margins none of which was found up to the whole, and no scale of classes without a length', () => {
    const rich = richEvaluation({ examples: 20 });
    const margins = rich.margins!;
    const each = margins.each.map((margin) => ({ ...margin, status: 'misclassified' as const, distance: 0 }));
    const byClass = margins.byClass.map((found) => ({ ...found, quartiles: [0, 0, 0] as const }));
    const html = renderReport({ ...rich, margins: { ...margins, each, byClass, closest: [], farthest: [] } });
    assert.match(html, /its line is the median\.</);
    assert.doesNotMatch(html, /class="cut"/);
    const plot = /<section id="margins">.*?<\/figure>/s.exec(html)![0];
    assert.ok(plot.includes('>100<'), 'the axis ends at 100 %');
  });

  it('says that training stopped early, where and why', () => {
    const rich = richEvaluation();
    const earlyStop = { step: 1200, epoch: 3, validations: 4, bestMargin: 0.25, bestStep: 800 };
    assert.doesNotMatch(renderReport(rich), /stopped early/);
    const html = renderReport({ ...rich, history: { ...rich.history!, earlyStop } });
    assert.match(
      html,
      /stopped early, after step 1,200 \(epoch 3\): of the last 4 validations .* than 0\.25\d* at step 800/,
    );
  });

  it('is the same page for the same evaluation, and small', () => {
    const html = renderReport(richEvaluation());
    assert.equal(html, renderReport(richEvaluation()));
    assert.ok(Buffer.byteLength(html) < 200_000, `${Buffer.byteLength(html)} bytes`);
  });
});
