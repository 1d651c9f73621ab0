import { describe, expect, it } from 'vitest';
import { Lanes } from './lanes.ts';

/** Who went through, in order. Nobody is waited for who may never get through: a test that hangs says nothing. */
function observed(count: number) {
  const lanes = new Lanes(count);
  const inside: string[] = [];
  const leaves = new Map<string, () => void>();
  const enter = (name: string, writes = false, signal?: AbortSignal): Promise<unknown> => {
    const entered = lanes.enter(writes, signal).then((leave) => {
      inside.push(name);
      leaves.set(name, leave);
    });
    const gaveUp = entered.catch((error: unknown) => error);
    return Promise.race([gaveUp, settled()]);
  };
  const leave = async (name: string): Promise<void> => {
    const go = leaves.get(name);
    expect(go, `${name} is inside`).toBeDefined();
    go?.();
    await settled();
  };
  return { enter, leave, inside };
}

/** All that follows from what was done has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Lanes', () => {
  it('keep one free of readers for who writes, and let readers in one after the other', async () => {
    const { enter, leave, inside } = observed(2);
    for (const name of ['a', 'b', 'c']) void enter(name);
    await enter('writer', true);
    expect(inside).toEqual(['a', 'writer']);
    await leave('a');
    expect(inside).toEqual(['a', 'writer', 'b']);
    await leave('writer');
    expect(inside).toEqual(['a', 'writer', 'b']);
    await leave('b');
    expect(inside).toEqual(['a', 'writer', 'b', 'c']);
  });

  it('keep one free of readers beside who writes already, and let one of them read all the same', async () => {
    const { enter, leave, inside } = observed(3);
    for (const name of ['a', 'b', 'c']) void enter(name);
    await enter('first', true);
    await leave('a');
    expect(inside).toEqual(['a', 'b', 'first']);
    await enter('second', true);
    await leave('b');
    expect(inside).toEqual(['a', 'b', 'first', 'second', 'c']);
  });

  it('let who writes go before all who wait to read, where there is only one', async () => {
    const { enter, leave, inside } = observed(1);
    await enter('a');
    void enter('b');
    void enter('writer', true);
    await leave('a');
    await leave('writer');
    expect(inside).toEqual(['a', 'writer', 'b']);
  });

  it('let go of who does not want to wait any more, and lose no place by it', async () => {
    const { enter, leave, inside } = observed(1);
    const stop = new AbortController();
    await enter('a');
    const impatient = enter('b', false, stop.signal);
    void enter('c');
    stop.abort(new Error('enough'));
    expect(await impatient).toEqual(new Error('enough'));
    await leave('a');
    await leave('c');
    await enter('d');
    expect(inside).toEqual(['a', 'c', 'd']);
    expect(await enter('e', true, stop.signal)).toEqual(new Error('enough'));
  });
});
