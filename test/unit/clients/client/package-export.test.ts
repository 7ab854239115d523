import { equal } from 'node:assert/strict';
import { connect } from '../../../../clients/client/connect.js';

describe('maxmargin/client', () => {
  it('is the typed client, under the name that programs import', async () => {
    // By a variable, so that Node resolves it as it does for a program, and not the compiler.
    const name = 'maxmargin/client';
    const exported = (await import(name)) as Record<string, unknown>;
    equal(exported.connect, connect);
    equal(typeof exported.RequestError, 'function');
  });
});
