import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'mocha';
import { watchedPace } from '../../../../core/margin/pace.js';

describe('watchedPace', () => {
  it('says no from the first no on, without asking again, and remembers it', async () => {
    const answers = [true, false, true];
    const pace = watchedPace(() => Promise.resolve(answers.shift() === true));
    equal(await pace.shouldContinue(), true);
    equal(pace.stopped(), false);
    equal(await pace.shouldContinue(), false);
    equal(pace.stopped(), true);
    equal(await pace.shouldContinue(), false);
    deepEqual(answers, [true], 'not asked again');
  });
});
