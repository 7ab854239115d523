import assert from 'node:assert/strict';
import { axis } from '../../../../../trainer/evaluate/report/axis.js';
import { linePath, linePlot } from '../../../../../trainer/evaluate/report/line-plot.js';
import { spread } from '../../../../../trainer/evaluate/report/quantile-plot.js';
import { thinned } from '../../../../../trainer/evaluate/report/thinned.js';

describe('axes', () => {
  it('place the ends of their domain at the ends of their range, linear and logarithmic', () => {
    const linear = axis({ label: '', domain: [0, 0.4], range: [50, 450], mostTicks: 6 });
    assert.deepEqual([0, 0.1, 0.4].map(linear.place), [50, 150, 450]);
    const logarithmic = axis({ label: '', domain: [0.01, 100], range: [200, 0], mostTicks: 6, scale: 'logarithmic' });
    assert.deepEqual(
      [0.01, 1, 100].map((value) => Math.round(logarithmic.place(value))),
      [200, 100, 0],
    );
  });

  it('end at a tick where that is asked for', () => {
    const { domain, ticks } = axis({ label: '', domain: [0, 0.43], range: [0, 1], mostTicks: 6, roundUp: true });
    assert.deepEqual([domain[1], ticks.values.at(-1)], [0.5, 0.5]);
  });

  it('count pixel values by powers of two', () => {
    const { ticks } = axis({ label: '', domain: [0, 33.6 / 255], range: [0, 1], mostTicks: 7, perUnit: 1 / 255 });
    assert.deepEqual(ticks.values.map(ticks.text), ['0', '8', '16', '24', '32']);
  });

  it('have a length where what they show has none', () => {
    for (const domain of [
      [0, 0],
      [3, 3],
      [0, NaN],
      [0, -Infinity],
    ] as const) {
      const { place } = axis({ label: '', domain, range: [0, 100], mostTicks: 6 });
      assert.ok(Number.isFinite(place(domain[0])), domain.join());
    }
  });
});

describe('lines', () => {
  it('go through their points, with a gap where one is missing', () => {
    assert.equal(
      linePath([
        [0, 1],
        [1.26, 2],
        [2, NaN],
        [3, 4],
        [4, 5],
      ]),
      'M0 1L1.3 2M3 4L4 5',
    );
  });

  it('have a marker on each point, or on as many as asked for', () => {
    const circles = (markers?: number): number => {
      const points = Array.from({ length: 20 }, (_, i) => [i, i] as const);
      const line = {
        name: 'a',
        kind: 'first',
        marker: 'circle',
        points,
        ...(markers !== undefined && { markers }),
      } as const;
      const ends = { label: '', domain: [0, 20] } as const;
      const { text } = linePlot({ id: 'a', title: 'a', description: 'a', x: ends, y: ends, lines: [line] });
      // One more is in the legend.
      return text.match(/<circle/g)!.length - 1;
    };
    assert.equal(circles(), 20);
    assert.equal(circles(5), 5);
  });
});

describe('names beside lines', () => {
  it('stay where they are if they have room', () => {
    assert.deepEqual(spread([10, 50, 90], 13, [0, 100]), [10, 50, 90]);
  });

  it('move apart, inside of the plot, in the order of their lines', () => {
    const moved = spread([100, 99, 98, 20, 20], 13, [0, 100]);
    const ascending = moved.toSorted((a, b) => a - b);
    ascending.slice(1).forEach((place, i) => {
      assert.ok(place - ascending[i]! >= 13 - 1e-9);
    });
    assert.ok(ascending[0]! >= 0 && ascending.at(-1)! <= 100);
    assert.ok(moved[0]! > moved[1]! && moved[1]! > moved[2]!);
    // Of equals the later, which is the larger quantile, is above.
    assert.ok(moved[4]! < moved[3]!);
  });
});

describe('thinned lines', () => {
  it('keep the mean of what they leave out, and few points as they are', () => {
    const points = Array.from({ length: 2000 }, (_, i) => [i, i % 2] as const);
    const fewer = thinned(points, 240);
    assert.ok(fewer.length <= 240);
    assert.deepEqual(thinned(points.slice(0, 4), 2), [
      [0.5, 0.5],
      [2.5, 0.5],
    ]);
    assert.equal(thinned(points, 2000), points);
  });

  it('leave out what is not finite', () => {
    assert.deepEqual(
      thinned(
        [
          [0, NaN],
          [1, 4],
        ],
        1,
      ),
      [[0.5, 4]],
    );
  });
});
