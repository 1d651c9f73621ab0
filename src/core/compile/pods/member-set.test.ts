import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CountedMembers, SharedMembers, type MemberSet } from './member-set.ts';
import type { PodAddresses } from './pod-addresses.ts';

const on = (...node: string[]): PodAddresses => ({
  own: [],
  attached: new Map(),
  identity: [],
  egress: [],
  behind: [],
  node,
  inside: true,
});

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

describe('a set that is filled, a lot at a time', () => {
  it('has what its only pod brings twice once, until it is gone twice', () => {
    const set = new CountedMembers(({ node }) => node);
    set.fill([on('b', 'b')]);
    expect(set.members()).toEqual(['b']);
    expect(set.change(on('b'), -1)).toEqual([]);
    expect(set.change(on('b'), -1)).toEqual(['b']);
  });

  const pods = fc.array(
    fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 3 }).map((node) => on(...node)),
    { maxLength: 8 },
  );
  const step = fc.oneof(
    fc.record({ leaves: fc.nat() }),
    fc.record({ comes: fc.constantFrom('a', 'b', 'c', 'd', 'e') }),
    fc.constant('asked'),
    fc.constant('told'),
  );

  it.each([
    ['counted', (): MemberSet => new CountedMembers(({ node }) => node)],
    ['gated', (): MemberSet => new SharedMembers(() => ['192.0.2.1'])],
  ])('goes on as one that was told of each pod: %s', (_, make) => {
    fc.assert(
      fc.property(fc.array(pods, { maxLength: 3 }), fc.array(step, { maxLength: 30 }), (lots, steps) => {
        const [filled, told] = [make(), make()];
        const there = lots.flat();
        for (const lot of lots) filled.fill(lot);
        for (const pod of there) told.change(pod, 1);
        told.takeDelta();
        const inside = [...there];
        for (const one of [...steps, 'asked' as const]) {
          if (one === 'asked' || one === 'told') {
            expect(filled.takeDelta()).toEqual(told.takeDelta());
            if (one === 'asked') expect(filled.members()).toEqual(told.members());
          } else if ('comes' in one) {
            inside.push(on(one.comes));
            for (const set of [filled, told]) set.change(on(one.comes), 1);
          } else {
            const [gone] = inside.splice(one.leaves % (inside.length || 1), 1);
            if (gone) expect(filled.change(gone, -1)).toEqual(told.change(gone, -1));
          }
        }
        const expected = [...new Set(inside.flatMap(({ node }) => node))].sort();
        if (filled instanceof CountedMembers) expect(filled.members()).toEqual(expected);
        for (const address of ['a', 'b', 'c', 'd', 'e']) expect(filled.has(address)).toBe(told.has(address));
      }),
    );
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
    set.change({ own: [], attached: new Map(), identity: [], egress: [], behind: [], node: [], inside: false }, 1);
    expect([set.members(), set.takeDelta()]).toEqual([[], undefined]);
  });
});
