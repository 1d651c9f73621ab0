import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { CountedMembers } from './member-set.ts';
import { nothing, type GatewayMembers, type PodAddresses } from './pod-addresses.ts';
import { RoutedMembers } from './routed-members.ts';

const address = fc.constantFrom('a', 'b', 'c', 'd');

/** Addresses that change without a word to who is behind them. */
class Gateway implements GatewayMembers {
  list: readonly string[] = ['g'];

  members(): readonly string[] {
    return this.list;
  }

  has(one: string): boolean {
    return this.list.includes(one);
  }
}

describe('members that some of their gateways bring', () => {
  it('are told of as those before and those after differ', () => {
    const step = fc.oneof(
      fc.record({ comes: address, through: fc.constantFrom(undefined, 0, 1) }),
      fc.record({ leaves: fc.nat() }),
      fc.record({ gateway: fc.constantFrom(0, 1), has: fc.uniqueArray(address, { maxLength: 3 }) }),
      fc.constant('told' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const gateways = [new Gateway(), new Gateway()];
        const set = new RoutedMembers(
          ({ own }) => own,
          undefined,
          (list) => list,
        );
        const inside: PodAddresses[] = [];
        let before: readonly string[] = [];
        for (const one of [...steps, 'told' as const]) {
          if (one === 'told') {
            const brought = inside.flatMap(({ own, behind }) => [
              ...own,
              ...behind.flatMap((route) => route.gateways.flatMap((gateway) => gateway.set.members())),
            ]);
            const now = [...new Set(brought)].sort();
            const added = now.filter((member) => !before.includes(member));
            const removed = before.filter((member) => !now.includes(member));
            expect(set.takeDelta()).toEqual(added.length + removed.length > 0 ? { added, removed } : undefined);
            expect(set.members()).toEqual(now);
            before = now;
          } else if ('comes' in one) {
            const through = one.through === undefined ? [] : gateways.slice(one.through, one.through + 1);
            const behind = through.map((gateway) => ({ area: undefined, gateways: [{ set: gateway }] }));
            const pod = { ...nothing, own: [one.comes], behind };
            inside.push(pod);
            set.change(pod, 1);
          } else if ('leaves' in one) {
            const [gone] = inside.splice(one.leaves % (inside.length || 1), 1);
            if (gone) set.change(gone, -1);
          } else gateways[one.gateway]!.list = one.has.toSorted();
        }
      }),
    );
  });

  it('are not gone through for one that comes', () => {
    const gateway: GatewayMembers = { members: () => ['g'], has: () => false };
    const behind = [{ area: undefined, gateways: [{ set: gateway }] }];
    const set = new RoutedMembers(
      ({ own }) => own,
      undefined,
      (list) => list,
    );
    set.fill(Array.from({ length: 1_000 }, (_, i) => ({ ...nothing, own: [`own-${i}`], behind })));
    expect(set.members()).toHaveLength(1_001);
    const goneThrough = vi.spyOn(CountedMembers.prototype, 'members');
    set.change({ ...nothing, own: ['new'] }, 1);
    expect(set.takeDelta()).toEqual({ added: ['new'], removed: [] });
    expect(goneThrough).not.toHaveBeenCalled();
    goneThrough.mockRestore();
    expect(set.members()).toHaveLength(1_002);
  });
});
