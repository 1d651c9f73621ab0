import { expect, it } from 'vitest';
import { AdapterError, nextTryOf, type AdapterErrorDetails, type ErrorClass } from './errors.ts';

it.each<[ErrorClass, AdapterErrorDetails, string]>([
  ['transient', {}, 'Next try after a delay that grows for as long as it fails, up to 5 minutes.'],
  ['throttled', { retryAfterMs: 2_500 }, 'Next try in 3 s, as the device asks.'],
  ['auth', {}, 'Next try within 5 minutes, and at once when its Secret changes.'],
  ['forbidden', {}, 'Next try within 5 minutes.'],
])('after a failure of class %s %j it says when the next try is', (errorClass, details, expected) => {
  expect(nextTryOf(new AdapterError(errorClass, 'no', details))).toBe(expected);
});
