import assert from 'node:assert/strict';
import { isLoopback, proxyOptions } from '../../../../clients/client/loopback.js';

describe('addresses of this machine', () => {
  it('never go through a proxy', () => {
    for (const address of [
      'localhost:50051',
      '127.0.0.1:1',
      '127.9.9.9:80',
      '[::1]:50051',
      'http://localhost:1',
      'https://127.0.0.1:2',
      'unix:/tmp/s',
      'a.localhost:1',
    ])
      assert.deepEqual(proxyOptions(address), { 'grpc.enable_http_proxy': 0 }, address);
  });

  it('are told from others', () => {
    for (const address of [
      'example.org:50051',
      '10.0.0.1:1',
      '128.0.0.1:1',
      'localhost.example.org:1',
      '[2001:db8::1]:1',
    ])
      assert.equal(isLoopback(address), false, address);
  });
});
