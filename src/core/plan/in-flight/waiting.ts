import type { GroupDelta } from '../../model/desired.ts';

/** Changes of members that wait to be sent. */
export interface Waiting {
  /** The versions up to this one do without them. */
  readonly after: number;
  readonly groups: readonly GroupDelta[];
}

/** One address that joins or leaves one group. */
export interface MemberChange {
  readonly role: GroupDelta['role'];
  readonly address: string;
  readonly joins: boolean;
}

/** Changes of members that are sent now and those that are sent later, oldest first. */
export interface SplitChanges {
  readonly now: readonly Waiting[];
  readonly later: readonly Waiting[];
}

/**
 * Divides changes of members by whether they go now.
 *
 * @param waiting oldest first
 */
export function splitChanges(
  waiting: readonly Waiting[],
  goes: (change: MemberChange, group: string) => boolean,
): SplitChanges {
  const keep = (delta: GroupDelta, joins: boolean, which: boolean): readonly string[] => {
    const { id, role } = delta;
    return delta[joins ? 'added' : 'removed'].filter((address) => goes({ role, address, joins }, id) === which);
  };
  const side = (which: boolean): readonly Waiting[] =>
    waiting.flatMap(({ after, groups }) => {
      const left = groups.flatMap((delta) => {
        const [added, removed] = [keep(delta, true, which), keep(delta, false, which)];
        return added.length + removed.length === 0 ? [] : [{ ...delta, added, removed }];
      });
      return left.length === 0 ? [] : [{ after, groups: left }];
    });
  return { now: side(true), later: side(false) };
}

/**
 * An address that is changed again in the same group is changed the last time only, in the place of the first: a device
 * without either of them is at none of the versions between. Versions of which nothing is left are left out.
 */
export function withoutEarlier(waiting: readonly Waiting[]): readonly Waiting[] {
  if (waiting.length < 2) return splitChanges(waiting, () => true).now;
  const [first, last] = [new Map<string, number>(), new Map<string, number>()];
  const ofVersion = (one: Waiting, see: (key: string) => boolean): readonly Waiting[] =>
    splitChanges([one], ({ address }, group) => see(`${group} ${address}`)).now;
  for (const [at, one] of waiting.entries())
    ofVersion(one, (key) => {
      if (!first.has(key)) first.set(key, one.after);
      return last.set(key, at).has(key);
    });
  const moved = waiting.flatMap((one, at) => {
    const places = new Set<number>();
    const kept = ofVersion(one, (key) => last.get(key) === at && places.add(first.get(key) ?? one.after).size > 0);
    return [...places].flatMap((after) =>
      kept.flatMap((mine) => ofVersion(mine, (key) => first.get(key) === after).map((own) => ({ ...own, after }))),
    );
  });
  return inOrder(moved);
}

/** Oldest first, one for each version. */
export function inOrder(waiting: readonly Waiting[]): readonly Waiting[] {
  const byVersion = new Map<number, Waiting[]>();
  for (const one of waiting) {
    const known = byVersion.get(one.after);
    if (known) known.push(one);
    else byVersion.set(one.after, [one]);
  }
  return [...byVersion]
    .sort(([a], [b]) => a - b)
    .map(([after, ofVersion]) => ({ after, groups: mergeByGroup(ofVersion) }));
}

/** One delta for each group that changes. */
export function mergeByGroup(waiting: readonly Waiting[]): readonly GroupDelta[] {
  const groups = new Map<string, GroupDelta & { readonly added: string[]; readonly removed: string[] }>();
  for (const delta of waiting.flatMap((one) => one.groups)) {
    const known = groups.get(delta.id) ?? { ...delta, added: [], removed: [] };
    groups.set(delta.id, known);
    for (const address of delta.added) known.added.push(address);
    for (const address of delta.removed) known.removed.push(address);
  }
  return [...groups.values()];
}

/** Every member that a change is about. */
export function membersIn(waiting: readonly Waiting[]): ReadonlySet<string> {
  return new Set(waiting.flatMap(({ groups }) => groups.flatMap(({ added, removed }) => [...added, ...removed])));
}
