import { describe, expect, it } from 'vitest';
import { RecentSecrets } from './recent-secrets.ts';

/** A source that is counted and may be told to fail, and a clock that the test sets. */
function aSource() {
  const time = { now: 1_000_000 };
  const source = { token: 'old' as string | undefined, fails: false, reads: 0 };
  const secrets = () => {
    source.reads += 1;
    if (source.fails) return Promise.reject(new Error('the API server is away'));
    return Promise.resolve(source.token === undefined ? undefined : { token: source.token });
  };
  return { time, source, recent: new RecentSecrets({ secrets, clock: { elapsed: () => time.now } }) };
}

describe('the Secret of a point', () => {
  it('is read once in a second, and beside its use from then on', async () => {
    const { time, source, recent } = aSource();
    for (const after of [0, 999]) {
      time.now += after;
      expect(await recent.of('edge', 'login')).toEqual({ token: 'old' });
    }
    expect(source.reads).toBe(1);
    time.now += 1;
    source.token = 'new';
    expect([await recent.of('edge', 'login'), source.reads]).toEqual([{ token: 'old' }, 2]);
    expect([await recent.of('edge', 'login'), source.reads]).toEqual([{ token: 'new' }, 2]);
  });

  it('is read before it is used after ten seconds, when it has another name, and once it was refused', async () => {
    const { time, source, recent } = aSource();
    await recent.of('edge', 'login');
    source.token = 'new';
    time.now += 10_000;
    expect(await recent.of('edge', 'login')).toEqual({ token: 'new' });
    source.token = 'another';
    expect(await recent.of('edge', 'other')).toEqual({ token: 'another' });
    source.token = 'corrected';
    recent.forget('edge');
    expect([await recent.of('edge', 'other'), source.reads]).toEqual([{ token: 'corrected' }, 4]);
  });

  it.each([
    ['cannot be read', { fails: true }, 'away'],
    ['is not there any more', { token: undefined }, undefined],
  ])('that %s is not used for longer than once', async (_, becomes, says) => {
    const { time, source, recent } = aSource();
    await recent.of('edge', 'login');
    time.now += 5_000;
    Object.assign(source, becomes);
    expect(await recent.of('edge', 'login')).toEqual({ token: 'old' });
    await new Promise(setImmediate);
    const next = recent.of('edge', 'login');
    await (says === undefined ? expect(next).resolves.toBeUndefined() : expect(next).rejects.toThrow(says));
  });

  it('that was read anew, or refused, is not taken back by an earlier reading that ends later', async () => {
    const time = { now: 1_000_000 };
    const readings: ((token: string) => void)[] = [];
    const secrets = () => new Promise<{ token: string }>((resolve) => readings.push((token) => resolve({ token })));
    const recent = new RecentSecrets({ secrets, clock: { elapsed: () => time.now } });
    const end = async (index: number, token: string) => {
      readings[index]?.(token);
      await new Promise(setImmediate);
    };
    const first = recent.read('edge', 'login');
    await end(0, 'old');
    await first;
    time.now += 1_000;
    await recent.of('edge', 'login');
    const whole = recent.read('edge', 'login');
    await end(2, 'new');
    await end(1, 'old');
    expect([await whole, await recent.of('edge', 'login')]).toEqual([{ token: 'new' }, { token: 'new' }]);
    time.now += 1_000;
    await recent.of('edge', 'login');
    recent.forget('edge');
    await end(3, 'refused');
    const next = recent.of('edge', 'login');
    await end(4, 'corrected');
    expect(await next).toEqual({ token: 'corrected' });
  });
});
