import { afterEach, describe, expect, it, vi } from 'vitest';
import { KnownCredentials } from './known-credentials.ts';
import { Substrings } from './substrings.ts';

const token = (n: number): string => `token-${String(n).repeat(60)}-of-a-session`;

describe('the credentials of a session', () => {
  afterEach(() => vi.restoreAllMocks());

  it('learn each token once, and the last few again when old ones are forgotten', () => {
    const learned = vi.spyOn(Substrings.prototype, 'add');
    const known = new KnownCredentials({});
    known.add(token(1));
    const ofOne = learned.mock.calls.length;
    for (let n = 2; n <= 8; n += 1) known.add(token(n));
    expect(learned.mock.calls.length).toBe(8 * ofOne);
    known.add(token(9));
    expect(learned.mock.calls.length).toBe((8 + 4) * ofOne);
  });

  it('hide at least the last four, and not for ever those that have ended', () => {
    const known = new KnownCredentials({ password: 'never forgotten' });
    for (let n = 1; n <= 9; n += 1) {
      known.add(token(n));
      for (let last = Math.max(1, n - 3); last <= n; last += 1) expect(known.hide(token(last))).toBe('[redacted]');
    }
    expect(known.hide(token(1))).not.toBe('[redacted]');
    expect(known.hide('never forgotten')).toBe('[redacted]');
  });
});
