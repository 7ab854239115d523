import {
  collectDefaultMetrics,
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
  type Metric,
} from 'prom-client';

const PREFIX = 'maxmargin_';

/** The labels of a series. */
type Labels<L extends string> = Readonly<Record<L, string | number>>;

interface Forgetful<L extends string> {
  /** Drops every series that has all of these labels. */
  forget(labels: Partial<Labels<L>>): void;
}

export interface Counter<L extends string> extends Forgetful<L> {
  /** Shows a series at 0 before anything is counted, as Prometheus sees no increase in a series that begins above 0. */
  show(labels: Labels<L>): void;
  add(labels: Labels<L>, amount?: number): void;
}

export interface Gauge<L extends string> extends Forgetful<L> {
  set(labels: Labels<L>, value: number): void;
  add(labels: Labels<L>, amount: number): void;
}

export interface Histogram<L extends string> extends Forgetful<L> {
  /** Shows a series without observations, for the same reason as {@link Counter.show}. */
  show(labels: Labels<L>): void;
  observe(labels: Labels<L>, value: number): void;
}

/** A histogram whose series have bucket edges of their own. */
interface ScaledHistogram<L extends string> extends Forgetful<L> {
  /** Shows a series without observations. @param edges as for `observe` */
  show(labels: Labels<L>, edges: readonly number[]): void;
  /** @param edges upper edges, ascending; those that a series was first shown or observed with stay */
  observe(labels: Labels<L>, value: number, edges: readonly number[]): void;
}

/** What a metric is: its name gets the prefix `maxmargin_`, and ends in its unit or `_total`. */
interface MetricSpec<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
}

/** The metrics of this process, behind which prom-client stays. */
export interface Metrics {
  counter<L extends string>(spec: MetricSpec<L>): Counter<L>;
  /** @param read called before each scrape, to set what is cheaper read than followed */
  gauge<L extends string>(spec: MetricSpec<L>, read?: (gauge: Gauge<L>) => void): Gauge<L>;
  histogram<L extends string>(spec: MetricSpec<L>, edges: readonly number[]): Histogram<L>;
  scaledHistogram<L extends string>(spec: MetricSpec<L>): ScaledHistogram<L>;
  /** Everything, in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Bucket edges for durations, from a millisecond to ten minutes. */
export const DURATION_EDGES_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
] as const;

/**
 * Default metrics of prom-client that are left out: gauges called `_total`, which `promtool check metrics` refuses and which are sums of
 * the series beside them; handles and requests, which Node has replaced by active resources; and of the event loop's lag what is no
 * number before the first measurement (minimum 9.2e9 s, mean and deviation NaN).
 */
const LEFT_OUT = [
  'nodejs_active_resources_total',
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_eventloop_lag_min_seconds',
  'nodejs_eventloop_lag_mean_seconds',
  'nodejs_eventloop_lag_stddev_seconds',
];

/** Metrics of a process, its own (CPU, memory, event loop) included. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: PREFIX });
  for (const name of LEFT_OUT) registry.removeSingleMetric(PREFIX + name);
  const options = <L extends string>(spec: MetricSpec<L>) => ({
    name: PREFIX + spec.name,
    help: spec.help,
    labelNames: [...spec.labels],
    registers: [registry],
  });

  return {
    counter: (spec) => {
      const metric = new PromCounter(options(spec));
      const series = trackSeries(metric);
      return {
        show: (labels) => {
          metric.inc(series.seen(labels), 0);
        },
        add: (labels, amount = 1) => {
          metric.inc(series.seen(labels), amount);
        },
        forget: series.forget,
      };
    },
    gauge: <L extends string>(spec: MetricSpec<L>, read?: (gauge: Gauge<L>) => void) => {
      const metric: PromGauge<L> = new PromGauge({ ...options(spec), collect: () => read?.(gauge) });
      const series = trackSeries(metric);
      const gauge: Gauge<L> = {
        set: (labels, value) => {
          metric.set(series.seen(labels), value);
        },
        add: (labels, amount) => {
          metric.inc(series.seen(labels), amount);
        },
        forget: series.forget,
      };
      return gauge;
    },
    histogram: (spec, edges) => {
      const metric = new PromHistogram({ ...options(spec), buckets: [...edges] });
      const series = trackSeries(metric);
      return {
        show: (labels) => {
          // prom-client's `zero` would set a series back that has observations.
          if (!series.has(labels)) metric.zero(series.seen(labels));
        },
        observe: (labels, value) => {
          metric.observe(series.seen(labels), value);
        },
        forget: series.forget,
      };
    },
    scaledHistogram: (spec) => scaledHistogram(registry, spec),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

const keyOf = (labels: object): string => JSON.stringify(Object.entries(labels).sort());

const includes = (labels: Readonly<Record<string, unknown>>, part: object): boolean =>
  Object.entries(part).every(([name, value]) => labels[name] === value);

/** Remembers which series a metric has, which prom-client does not tell. */
function trackSeries<L extends string>(metric: { remove(labels: Partial<Record<L, string | number>>): void }) {
  const all = new Map<string, Labels<L>>();
  return {
    has: (labels: Labels<L>): boolean => all.has(keyOf(labels)),
    seen: (labels: Labels<L>): Labels<L> => {
      const key = keyOf(labels);
      if (!all.has(key)) all.set(key, labels);
      return labels;
    },
    forget: (part: Partial<Labels<L>>): void => {
      for (const [key, labels] of all) {
        if (!includes(labels, part)) continue;
        metric.remove(labels);
        all.delete(key);
      }
    },
  };
}

/** prom-client fixes the buckets of a histogram; one histogram a series, shown under one name, lets them differ. */
function scaledHistogram<L extends string>(registry: Registry, spec: MetricSpec<L>): ScaledHistogram<L> {
  const name = PREFIX + spec.name;
  const all = new Map<string, { readonly labels: Labels<L>; readonly metric: PromHistogram<L> }>();
  const shown = {
    name,
    get: async () => {
      const parts = await Promise.all([...all.values()].map(({ metric }) => metric.get()));
      return {
        name,
        help: spec.help,
        type: 'histogram',
        aggregator: 'sum',
        values: parts.flatMap((part) => part.values),
      };
    },
    reset: () => {
      all.clear();
    },
  };
  registry.registerMetric(shown as unknown as Metric<L>);
  const seriesOf = (labels: Labels<L>, edges: readonly number[]): PromHistogram<L> => {
    const key = keyOf(labels);
    const known = all.get(key);
    if (known !== undefined) return known.metric;
    const metric = new PromHistogram({
      name,
      help: spec.help,
      labelNames: [...spec.labels],
      buckets: [...edges],
      registers: [],
    });
    metric.zero(labels);
    all.set(key, { labels, metric });
    return metric;
  };
  return {
    show: (labels, edges) => {
      seriesOf(labels, edges);
    },
    observe: (labels, value, edges) => {
      seriesOf(labels, edges).observe(labels, value);
    },
    forget: (part) => {
      for (const [key, { labels }] of all) if (includes(labels, part)) all.delete(key);
    },
  };
}
