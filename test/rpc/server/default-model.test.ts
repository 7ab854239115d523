import assert from 'node:assert/strict';
import { createClient, Status } from 'nice-grpc';
import { RobustnessServiceDefinition } from '../../../proto/gen/maxmargin/v1/robustness_service.js';
import { imageBatch } from '../../support/image-batch.js';
import { smallLenet } from '../../support/published-model.js';
import { startServer } from '../../support/server-process.js';
import { temporaryRegistry, type TemporaryRegistry } from '../../support/temporary-registry.js';

const inputs = imageBatch(1).tensor;

describe('serve --default-model', () => {
  let registry: TemporaryRegistry;
  beforeEach(async () => {
    registry = await temporaryRegistry();
    await registry.crown('digits', smallLenet(1));
  });
  afterEach(() => registry.remove());

  it('answers who names no model, however many there are, and others as they ask', async () => {
    await registry.crown('fashion', smallLenet(2));
    const server = await startServer(registry.root, '--default-model', 'fashion');
    try {
      const client = createClient(RobustnessServiceDefinition, server.channel);
      await server.line(({ msg }) => msg === 'ready');
      assert.equal((await client.classify({ inputs })).model, 'fashion');
      const digits = { name: 'digits', selector: undefined };
      assert.equal((await client.classify({ inputs, model: digits })).model, 'digits');
    } finally {
      await server.stop();
    }
  });

  it('answers with no other model while the default is not published, and says so at once', async () => {
    const server = await startServer(registry.root, '--default-model', 'fashion');
    try {
      const client = createClient(RobustnessServiceDefinition, server.channel);
      await server.line(({ msg }) => msg === 'models that are to be served are not in the registry yet');
      await assert.rejects(client.classify({ inputs }), {
        code: Status.FAILED_PRECONDITION,
        details:
          "the request names no model, and the server's default model fashion is not published; there are: digits",
      });
      await registry.crown('fashion', smallLenet(2));
      assert.equal((await client.getModel({})).name, 'fashion');
    } finally {
      await server.stop();
    }
  });
});
