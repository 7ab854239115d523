import assert from 'node:assert/strict';
import { NO_PROMTOOL, lintMetrics } from '../../support/promtool.js';
import { createMetrics } from '../../../host/metrics.js';

const linesOf = async (metrics: ReturnType<typeof createMetrics>, name: string) =>
  (await metrics.text()).split('\n').filter((line) => line.startsWith(name));

describe('metrics', () => {
  it('prefixes every name, those of the process included', async () => {
    const names = (await createMetrics().text()).split('\n').filter((line) => line.startsWith('# TYPE '));
    assert.ok(names.length > 10);
    for (const line of names) assert.match(line, /^# TYPE maxmargin_/);
  });

  it('calls counters `_total` and nothing else, and shows no figure that is none', async () => {
    const text = await createMetrics().text();
    const typed = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
    assert.deepEqual(
      typed.filter(([, name = '', type]) => name.endsWith('_total') !== (type === 'counter')).map(([line]) => line),
      [],
    );
    assert.doesNotMatch(text, / (nan|[+-]?Inf|9223372036\.\d+)$/im);
  });

  it(`passes promtool check metrics${NO_PROMTOOL}`, async function () {
    if (NO_PROMTOOL !== '') this.skip();
    assert.equal(lintMetrics(await createMetrics().text()), '');
  });

  it('shows series at 0 before anything is counted, and leaves what has been counted alone', async () => {
    const metrics = createMetrics();
    const counter = metrics.counter({ name: 'answers_total', help: 'h', labels: ['result'] });
    const histogram = metrics.histogram({ name: 'wait_seconds', help: 'h', labels: ['job'] }, [1, 2]);
    const scaled = metrics.scaledHistogram({ name: 'margin', help: 'h', labels: ['model'] });
    const show = () => {
      counter.show({ result: 'found' });
      histogram.show({ job: 'margin' });
      scaled.show({ model: 'a' }, [0.2]);
    };
    const shown = async () =>
      (await metrics.text()).split('\n').filter((line) => /^maxmargin_(answers|wait|margin)/.test(line));
    show();
    assert.deepEqual(await shown(), [
      'maxmargin_answers_total{result="found"} 0',
      'maxmargin_wait_seconds_bucket{le="1",job="margin"} 0',
      'maxmargin_wait_seconds_bucket{le="2",job="margin"} 0',
      'maxmargin_wait_seconds_bucket{le="+Inf",job="margin"} 0',
      'maxmargin_wait_seconds_sum{job="margin"} 0',
      'maxmargin_wait_seconds_count{job="margin"} 0',
      'maxmargin_margin_bucket{le="0.2",model="a"} 0',
      'maxmargin_margin_bucket{le="+Inf",model="a"} 0',
      'maxmargin_margin_sum{model="a"} 0',
      'maxmargin_margin_count{model="a"} 0',
    ]);
    counter.add({ result: 'found' });
    histogram.observe({ job: 'margin' }, 1.5);
    scaled.observe({ model: 'a' }, 0.1, [0.3]);
    const before = await shown();
    show();
    assert.deepEqual(await shown(), before);
    assert.ok(before.includes('maxmargin_margin_bucket{le="0.2",model="a"} 1'), before.join('\n'));
  });

  it('forgets the series of a label value and keeps the others', async () => {
    const metrics = createMetrics();
    const counter = metrics.counter({ name: 'answers_total', help: 'h', labels: ['version', 'result'] });
    counter.add({ version: 1, result: 'found' });
    counter.add({ version: 1, result: 'failed' }, 2);
    counter.add({ version: 2, result: 'found' }, 3);
    counter.forget({ version: 1 });
    assert.deepEqual(await linesOf(metrics, 'maxmargin_answers_total'), [
      'maxmargin_answers_total{version="2",result="found"} 3',
    ]);
  });

  it('gives the series of a scaled histogram bucket edges of their own', async () => {
    const metrics = createMetrics();
    const histogram = metrics.scaledHistogram({ name: 'margin', help: 'h', labels: ['model'] });
    histogram.observe({ model: 'a' }, 0.1, [0.2, 0.4]);
    histogram.observe({ model: 'b' }, 3, [2, 4]);
    const lines = await linesOf(metrics, 'maxmargin_margin');
    for (const line of [
      'maxmargin_margin_bucket{le="0.2",model="a"} 1',
      'maxmargin_margin_bucket{le="2",model="b"} 0',
      'maxmargin_margin_bucket{le="4",model="b"} 1',
      'maxmargin_margin_bucket{le="+Inf",model="b"} 1',
      'maxmargin_margin_sum{model="b"} 3',
    ]) {
      assert.ok(lines.includes(line), `${line} not in\n${lines.join('\n')}`);
    }
    histogram.forget({ model: 'a' });
    assert.ok(!(await linesOf(metrics, 'maxmargin_margin')).some((line) => line.includes('model="a"')));
  });

  it('reads a gauge when it is scraped', async () => {
    const metrics = createMetrics();
    let depth = 1;
    metrics.gauge({ name: 'depth', help: 'h', labels: [] }, (gauge) => {
      gauge.set({}, depth);
    });
    depth = 5;
    assert.deepEqual(await linesOf(metrics, 'maxmargin_depth'), ['maxmargin_depth 5']);
  });
});
