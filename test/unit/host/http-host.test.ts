import assert from 'node:assert/strict';
import { createHttpHost, type HttpHost, type Readiness } from '../../../host/http-host.js';
import { createMetrics } from '../../../host/metrics.js';

describe('HTTP host', () => {
  let http: HttpHost;
  let base: string;
  let readiness: Readiness = { ready: true };

  before(async () => {
    http = createHttpHost(createMetrics(), () => readiness);
    base = `http://127.0.0.1:${await http.listen('127.0.0.1:0')}`;
  });

  after(() => http.close());

  it('tells whether the process lives and whether it is ready, and why not', async () => {
    assert.equal((await fetch(`${base}/healthz`)).status, 200);
    assert.equal((await fetch(`${base}/readyz`)).status, 200);
    readiness = { ready: false, reason: 'loading' };
    const response = await fetch(`${base}/readyz`);
    assert.deepEqual([response.status, await response.text()], [503, 'loading\n']);
    assert.equal((await fetch(`${base}/healthz`)).status, 200);
  });

  it('shows metrics in the format of Prometheus', async () => {
    const response = await fetch(`${base}/metrics?name=x`);
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    assert.match(await response.text(), /^maxmargin_process_cpu_seconds_total \d/m);
  });

  it('refuses other paths and other methods', async () => {
    assert.equal((await fetch(`${base}/etc/passwd`)).status, 404);
    const post = await fetch(`${base}/metrics`, { method: 'POST' });
    assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD']);
  });

  it('rejects listening where something else does', async () => {
    const other = createHttpHost(createMetrics(), () => readiness);
    await assert.rejects(other.listen(base.slice('http://'.length)), { code: 'EADDRINUSE' });
  });
});
