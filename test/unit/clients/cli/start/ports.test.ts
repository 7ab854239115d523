import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { choosePorts, refuseUsedPorts } from '../../../../../clients/cli/start/ports.js';

describe('ports', () => {
  it('are the usual ones, four in a row, or free ones', () => {
    assert.deepEqual(choosePorts(undefined), { server: 50051, trainer: 50052, serverHttp: 8081, trainerHttp: 8082 });
    assert.deepEqual(choosePorts(6000), { server: 6000, trainer: 6001, serverHttp: 6002, trainerHttp: 6003 });
    assert.deepEqual(new Set(Object.values(choosePorts(0))), new Set([0]));
  });

  it('are refused by name when somebody listens on one', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const ports = { ...choosePorts(0), trainerHttp: port };
    try {
      await assert.rejects(
        refuseUsedPorts('127.0.0.1', ports),
        new RegExp(`Port ${port} of 127\\.0\\.0\\.1 is in use`),
      );
    } finally {
      other.close();
      await once(other, 'close');
    }
    await refuseUsedPorts('127.0.0.1', ports);
  });
});
