import { deepEqual, ok } from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  makePlace,
  removePlace,
  startTrainer,
  type Place,
  type TrainerProcess,
} from '../rpc/trainer/trainer-process.js';
import { freePort } from '../support/free-port.js';
import { installed } from '../support/installed.js';
import { NO_PROMTOOL, lintMetrics, promtool } from '../support/promtool.js';
import { startServer, type ServerProcess } from '../support/server-process.js';
import { remembered } from '../support/started-processes.js';

const DEPLOY = fileURLToPath(new URL('../../../deploy/', import.meta.url));

/** Metrics that Prometheus makes itself. */
const BUILT_IN = new Set(['up']);

/** The names of the series that a page of /metrics may have, whether or not there are any yet. */
function seriesNames(page: string): string[] {
  return [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
}

/** The metrics that a query reads; names that rules record have colons and are none of them. */
function queried(text: string): string[] {
  return [...text.matchAll(/(?<![:\w])maxmargin_[a-z0-9_]+/g)].map(([name]) => name);
}

interface Query {
  readonly where: string;
  readonly text: string;
}

async function dashboardQueries(): Promise<Query[]> {
  const folder = join(DEPLOY, 'grafana/dashboards');
  const queries: Query[] = [];
  for (const file of await readdir(folder)) {
    const dashboard = JSON.parse(await readFile(join(folder, file), 'utf8')) as {
      panels: { title: string; targets?: { expr: string }[] }[];
      templating: { list: { query: { query: string } }[] };
    };
    for (const { title, targets = [] } of dashboard.panels)
      for (const { expr } of targets) queries.push({ where: `${file}: ${title}`, text: expr });
    for (const { query } of dashboard.templating.list) queries.push({ where: `${file}: variables`, text: query.query });
  }
  return queries;
}

async function ruleQueries(): Promise<Query[]> {
  const text = await readFile(join(DEPLOY, 'prometheus/rules.yml'), 'utf8');
  // Labels of metrics are not metrics; nothing else in the file begins with the prefix.
  return text.split(/^ +- (?=alert|record)/m).map((rule) => ({ where: rule.split('\n')[0] ?? '', text: rule }));
}

describe('deploy', () => {
  let place: Place;
  let server: ServerProcess;
  let trainer: TrainerProcess;

  before(async () => {
    place = await makePlace();
    await mkdir(place.registry);
    server = await startServer(place.registry);
    trainer = await startTrainer(place);
  });

  after(async () => {
    await Promise.all([server.stop(), trainer.terminate()]);
    await removePlace(place);
  });

  it('queries no metric that the services do not emit', async () => {
    const page = await (await fetch(`http://${trainer.httpAddress}/metrics`)).text();
    const emitted = new Set([...seriesNames((await server.get('/metrics')).body), ...seriesNames(page), ...BUILT_IN]);
    const queries = [...(await dashboardQueries()), ...(await ruleQueries())];
    ok(queries.flatMap(({ text }) => queried(text)).length > 30);
    deepEqual(
      queries.flatMap(({ where, text }) =>
        queried(text)
          .filter((name) => !emitted.has(name))
          .map((name) => `${where}: ${name}`),
      ),
      [],
    );
  });

  it(`emits metrics that promtool finds nothing wrong with, before the first call, too${NO_PROMTOOL}`, async function () {
    if (NO_PROMTOOL !== '') this.skip();
    const page = await (await fetch(`http://${trainer.httpAddress}/metrics`)).text();
    deepEqual([lintMetrics((await server.get('/metrics')).body), lintMetrics(page)], ['', '']);
  });

  it('shows counters with known labels at 0 before anything is counted', async () => {
    const ofServer = (await server.get('/metrics')).body.split('\n');
    const ofTrainer = (await (await fetch(`http://${trainer.httpAddress}/metrics`)).text()).split('\n');
    const margin = 'service="maxmargin.v1.RobustnessService",method="Margin"';
    for (const series of [
      'maxmargin_worker_restarts_total{reason="exited"}',
      'maxmargin_worker_restarts_total{reason="hung"}',
      'maxmargin_queue_wait_seconds_count{job="margin"}',
      `maxmargin_rpc_requests_total{${margin},code="OK"}`,
      `maxmargin_rpc_requests_total{${margin},code="UNKNOWN"}`,
      `maxmargin_rpc_requests_total{${margin},code="DATA_LOSS"}`,
    ])
      ok(ofServer.includes(`${series} 0`), series);
    for (const state of ['succeeded', 'failed', 'cancelled'])
      ok(ofTrainer.includes(`maxmargin_jobs_ended_total{state="${state}"} 0`), state);
  });

  it('has cases for every rule: an alert that fires, and that it does not', async () => {
    const rules = await readFile(join(DEPLOY, 'prometheus/rules.yml'), 'utf8');
    const cases = await readFile(join(DEPLOY, 'prometheus/rules.test.yml'), 'utf8');
    const names = [...rules.matchAll(/^ +- alert: (\S+)$/gm)].map(([, name = '']) => name);
    ok(names.length >= 11);
    for (const name of names) {
      ok(new RegExp(`alertname: ${name}\\n +exp_alerts: \\[\\]`).test(cases), `${name} does not fire`);
      ok(new RegExp(`alertname: ${name}\\n +exp_alerts:\\n +- exp_labels`).test(cases), `${name} fires`);
    }
  });

  it(`has rules and a configuration that promtool passes, cases included${NO_PROMTOOL}`, function () {
    if (NO_PROMTOOL !== '') this.skip();
    const at = (file: string) => join(DEPLOY, 'prometheus', file);
    deepEqual(promtool(['check', 'config', at('prometheus.yml')]), '');
    deepEqual(promtool(['check', 'rules', at('rules.yml')]), '');
    deepEqual(promtool(['test', 'rules', at('rules.test.yml')]), '');
  });

  const skip = installed('prometheus') ? '' : ' (skipped: prometheus is not installed)';
  it(`is scraped by a real Prometheus, which loads the rules${skip}`, async function () {
    if (skip !== '') this.skip();
    const folder = join(place.root, 'prometheus');
    await mkdir(folder);
    await cp(join(DEPLOY, 'prometheus/rules.yml'), join(folder, 'rules.yml'));
    const config = (await readFile(join(DEPLOY, 'prometheus/prometheus.yml'), 'utf8'))
      .replaceAll('15s', '1s')
      .replace('server:8081', server.httpAddress)
      .replace('trainer:8082', trainer.httpAddress);
    await writeFile(join(folder, 'prometheus.yml'), config);
    const address = `127.0.0.1:${await freePort()}`;
    const flags = [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ];
    const prometheus = remembered(spawn('prometheus', flags, { stdio: ['ignore', 'ignore', 'pipe'] }));
    const ended = once(prometheus, 'exit');
    let log = '';
    prometheus.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    try {
      const ask = async (path: string): Promise<unknown> => {
        const response = await fetch(`http://${address}/api/v1/${path}`);
        return ((await response.json()) as { data: unknown }).data;
      };
      const targets = await eventually(prometheus, async () => {
        const { activeTargets } = (await ask('targets')) as {
          activeTargets: { health: string; labels: { job: string } }[];
        };
        return activeTargets.length === 2 && activeTargets.every(({ health }) => health === 'up')
          ? activeTargets
          : undefined;
      });
      deepEqual(targets.map(({ labels }) => labels.job).sort(), ['maxmargin-server', 'maxmargin-trainer']);

      const groups = await eventually(prometheus, async () => {
        const found = (await ask('rules')) as {
          groups: { name: string; rules: { name: string; health: string; lastError?: string }[] }[];
        };
        const rules = found.groups.flatMap(({ rules: each }) => each);
        return rules.length > 0 && rules.every(({ health }) => health !== 'unknown') ? found.groups : undefined;
      });
      deepEqual(
        groups.flatMap(({ rules }) => rules.filter(({ health }) => health !== 'ok')),
        [],
      );
      const { result } = (await ask('query?query=maxmargin_workers_ready')) as { result: unknown[] };
      deepEqual(result.length, 1);
    } catch (error) {
      throw new Error(`prometheus: ${log.slice(-2000)}`, { cause: error });
    } finally {
      prometheus.kill();
      await ended;
    }
  });
});

/** Asks until there is an answer; the test's own time limit ends it. */
async function eventually<T>(asked: ChildProcess, question: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    if (asked.exitCode !== null) throw new Error(`it ended with ${asked.exitCode}`);
    const answer = await question().catch(() => undefined);
    if (answer !== undefined) return answer;
    await delay(100);
  }
}
