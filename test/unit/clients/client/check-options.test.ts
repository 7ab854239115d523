import assert from 'node:assert/strict';
import { checkClassifyOptions, checkMarginOptions } from '../../../../clients/client/check-options.js';
import { connect } from '../../../../clients/client/connect.js';

describe('options of requests from plain JavaScript', () => {
  it('are taken as the types state them', () => {
    const { signal } = new AbortController();
    checkClassifyOptions({ signal, deadlineMs: 50, model: { name: 'digits', version: 1 } });
    checkMarginOptions({ labels: [0, 9], norm: 'l2', maxDistance: 0.3, budget: 'fast', targetClass: 0, seed: 1n });
    checkMarginOptions({ model: undefined, budget: 50, returnPerturbations: true, seed: 2 });
  });

  for (const [options, message] of [
    [{ bugdet: 'fast' }, /^bugdet: expected one of .*budget.*, got an unknown field$/],
    [{ model: { nme: 'digits' } }, /^model\.nme: expected one of name, version, alias, got an unknown field$/],
    [{ model: 'digits' }, /^model: expected an object \{ name, version, alias \}, got "digits"$/],
    [{ model: { version: '1' } }, /^model\.version: expected an integer from 1, got "1"$/],
    [{ budget: 'quick' }, /^budget: expected fast, standard, thorough or an integer from 1, got "quick"$/],
    [{ norm: 'l1' }, /^norm: expected linf or l2, got "l1"$/],
    [{ labels: [1, 2.5] }, /^labels\[1\]: expected the number of a class, from 0, got 2\.5$/],
    [{ labels: 3 }, /^labels: expected an array of numbers of classes, got 3$/],
    [{ targetClass: '3' }, /^targetClass: expected the number of a class, from 0, got "3"$/],
    [{ seed: 0.5 }, /^seed: expected an integer, or a bigint, got 0\.5$/],
    [{ deadlineMs: '1s' }, /^deadlineMs: expected a number of milliseconds, got "1s"$/],
    [{ returnPerturbations: 1 }, /^returnPerturbations: expected true or false, got 1$/],
  ] as const)
    it(`are refused by name: ${JSON.stringify(options)}`, () => {
      assert.throws(
        () => {
          checkMarginOptions(options as never);
        },
        { code: 'INVALID_ARGUMENT', message },
      );
    });

  it('and images are refused before anything is sent', async () => {
    const client = connect('localhost:1');
    const pixels = { data: new Float32Array(4), shape: [1, 2, 2, 1] };
    await assert.rejects(client.classify(pixels, { labels: [1] } as never), /^RequestError: labels: expected one of/);
    await assert.rejects(client.margins({ ...pixels, data: [0, 0, 0, 0] } as never), {
      message: 'images.data: expected a Float32Array or a Uint8Array, got an array: wrap it as Float32Array.from(data)',
    });
    await assert.rejects(client.classify({ ...pixels, shapes: [] } as never), /images\.shapes: .*unknown field/);
    await assert.rejects(client.classify({ data: pixels.data } as never), /images\.shape: .*got undefined/);
    await assert.rejects(client.classify({ ...pixels, data: new Float64Array(4) } as never), /got a Float64Array/);
    client.close();
  });
});
