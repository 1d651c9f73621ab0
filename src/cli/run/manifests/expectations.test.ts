import { describe, expect, it } from 'vitest';
import { AdapterError, type ErrorClass } from '../../../adapter/errors.ts';
import { Expectations } from './expectations.ts';

const failing = (errorClass: ErrorClass) =>
  ({ point: 'edge', path: 'none', version: 1, error: new AdapterError(errorClass, 'no') }) as const;

describe('a run that is to end', () => {
  it('waits for a point nothing has been heard of', () => {
    expect(new Expectations().isOver('edge')).toBe(false);
  });

  it.each<[ErrorClass, boolean[]]>([
    ['transient', [false, false, false, true]],
    ['conflict', [false, false, false, true]],
    ['auth', [true, true, true, true]],
    ['invalid', [true, true, true, true]],
  ])('after failures of class %s it is over: %j', (errorClass, expected) => {
    const expectations = new Expectations();
    const over = expected.map(() => {
      expectations.note(failing(errorClass));
      return expectations.isOver('edge');
    });
    expect(over).toEqual(expected);
  });
});
