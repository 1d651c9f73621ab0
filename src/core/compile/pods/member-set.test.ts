import { describe, expect, it } from 'vitest';
import { CountedMembers, SharedMembers, type PodAddresses } from './member-set.ts';

const on = (...node: string[]): PodAddresses => ({ own: [], identity: [], egress: [], node, inside: true });

describe('a counted set', () => {
  it('keeps an address until the last who brought it has gone', () => {
    const set = new CountedMembers(({ node }) => node);
    set.change(on('192.0.2.1'), 1);
    set.change(on('192.0.2.1', '192.0.2.2'), 1);
    expect(set.takeDelta()).toEqual({ added: ['192.0.2.1', '192.0.2.2'], removed: [] });
    expect(set.change(on('192.0.2.1'), -1)).toEqual([]);
    expect(set.takeDelta()).toBeUndefined();
    expect(set.change(on('192.0.2.1', '192.0.2.2'), -1)).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(set.takeDelta()).toEqual({ added: [], removed: ['192.0.2.1', '192.0.2.2'] });
    expect(set.members()).toEqual([]);
  });

  it('says nothing of what came and went in between', () => {
    const set = new CountedMembers(({ node }) => node);
    set.change(on('192.0.2.1'), 1);
    set.takeDelta();
    const before = set.members();
    set.change(on('192.0.2.1'), -1);
    set.change(on('192.0.2.2'), 1);
    set.change(on('192.0.2.2'), -1);
    set.change(on('192.0.2.1'), 1);
    expect(set.takeDelta()).toBeUndefined();
    expect(set.members()).toBe(before);
  });
});

describe('a gated set', () => {
  it('is open while a pod is inside, and follows what is behind it', () => {
    let behind: readonly string[] = ['192.0.2.1'];
    const set = new SharedMembers(() => behind);
    expect(set.takeDelta()).toBeUndefined();
    set.change(on(), 1);
    expect(set.takeDelta()).toEqual({ added: ['192.0.2.1'], removed: [] });
    behind = ['192.0.2.2'];
    expect(set.takeDelta()).toEqual({ added: ['192.0.2.2'], removed: ['192.0.2.1'] });
    expect(set.change(on(), -1)).toEqual(['192.0.2.2']);
    expect(set.takeDelta()).toEqual({ added: [], removed: ['192.0.2.2'] });
  });

  it('is not opened by a pod on the host network', () => {
    const set = new SharedMembers(() => ['192.0.2.1']);
    set.change({ own: [], identity: [], egress: [], node: [], inside: false }, 1);
    expect([set.members(), set.takeDelta()]).toEqual([[], undefined]);
  });
});
