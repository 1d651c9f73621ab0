import { describe, expect, it } from 'vitest';
import { Lanes } from './lanes.ts';

/** Who went through, in order. */
function observed(count: number) {
  const lanes = new Lanes(count);
  const inside: string[] = [];
  const leaves = new Map<string, () => void>();
  const enter = async (name: string, writes = false, signal?: AbortSignal): Promise<void> => {
    const leave = await lanes.enter(writes, signal);
    inside.push(name);
    leaves.set(name, leave);
  };
  const leave = async (name: string): Promise<void> => {
    leaves.get(name)?.();
    await Promise.resolve();
    await Promise.resolve();
  };
  return { enter, leave, inside };
}

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
    await expect(impatient).rejects.toThrow('enough');
    await leave('a');
    await leave('c');
    await enter('d');
    expect(inside).toEqual(['a', 'c', 'd']);
    await expect(enter('e', true, stop.signal)).rejects.toThrow('enough');
  });
});
