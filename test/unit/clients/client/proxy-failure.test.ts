import assert from 'node:assert/strict';
import { withProxy } from '../../../../clients/client/request-error.js';

const UNKNOWN = 'No connection established. Last error: undefined. Resolution note: ';

describe('a connection that fails', () => {
  it('names the proxy that was tried, without its password', () => {
    const environment = { http_proxy: 'http://other:1', https_proxy: 'http://user:secret@proxy:3128' };
    assert.equal(
      withProxy(UNKNOWN, environment),
      'no connection through the proxy http://proxy:3128, which the variable https_proxy names; no_proxy lists hosts that need none',
    );
  });

  it('is told as it came where no proxy is tried, or more is known', () => {
    assert.equal(withProxy(UNKNOWN, { http_proxy: '' }), UNKNOWN);
    const refused = 'No connection established. Last error: connect ECONNREFUSED 10.0.0.1:1.';
    assert.equal(withProxy(refused, { http_proxy: 'http://proxy:1' }), refused);
  });
});
