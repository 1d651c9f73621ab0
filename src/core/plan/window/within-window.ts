import { maxOf } from '../../model/extremes.ts';
import { anywhere, destinationCovers, destinationOf, intersectDestinations } from '../../destinations/destination.ts';
import { intersectPorts, portsCover } from '../../destinations/ports.ts';
import { append } from '../../model/grouped.ts';
import type { AddressGroup, DesiredState, Destination, Rule } from '../../model/desired.ts';
import type { Resource } from '../../model/resource.ts';
import { parseInstant } from '../../time/instant.ts';
import { digest } from '../../text/digest.ts';
import { asNetwork } from '../../../net/cidr.ts';
import { NetworkSet } from '../../../net/network-set.ts';

/**
 * What of a desired state may be in force while no change window is open: of what it permits, that which was permitted
 * before. Rules that only permit less are as wanted, those that lead elsewhere lead to what both have, and rules that
 * deny stay until a window opens. Members of groups come and go; pods whom another selector brings to a rule wait.
 *
 * @param before what was in force last; of its groups that are not wanted any longer, the members that the device has
 * @param now milliseconds since the epoch
 * @returns undefined: not known
 */
export function withinWindow(wanted: DesiredState, before: DesiredState, now: number): DesiredState | undefined {
  if (wanted.defaultAction !== before.defaultAction) return undefined;
  const isOver = ({ action, expiresAt = '' }: Rule): boolean =>
    action === 'Accept' && (parseInstant(expiresAt) ?? Infinity) <= now;
  return new Bounds(wanted, { ...before, rules: before.rules.filter((rule) => !isOver(rule)) }).desired();
}

/** The state before, with the members that its groups have now: as wanted, or where they are not wanted, as found. */
export function withMembersNow(
  before: DesiredState,
  wanted: DesiredState,
  resources: readonly Resource[],
): DesiredState {
  const live = new Map(wanted.groups.map((group) => [group.id, group]));
  const found = membersFound(resources);
  const groups = before.groups.map((group) => live.get(group.id) ?? { ...group, members: found.get(group.id) ?? [] });
  return { ...before, groups };
}

/** The state with the members that its groups have on the device: how many objects it takes there may hang on them. */
export function withMembersFound(state: DesiredState, resources: readonly Resource[]): DesiredState {
  const found = membersFound(resources);
  return {
    ...state,
    groups: state.groups.map((group) => ({ ...group, members: found.get(group.id) ?? group.members })),
  };
}

/** By group, sorted; none of those of which the device has no object. */
function membersFound(resources: readonly Resource[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { desiredId, members } of resources) {
    if (desiredId === undefined || members === undefined) continue;
    if (!found.has(desiredId)) found.set(desiredId, []);
    for (const member of members) append(found, desiredId, member);
  }
  return new Map([...found].map(([id, members]) => [id, [...new Set(members)].sort()]));
}

/** An accepting rule that was in force, and how many rules stood before it. */
interface Grant {
  readonly rule: Rule;
  readonly at: number;
}

/** A rule as it may be, and how far down the rules before go that must not deny it. */
interface Piece {
  readonly rule: Rule;
  readonly at: number;
}

class Bounds {
  readonly #wanted: DesiredState;
  readonly #before: DesiredState;
  readonly #groups: Map<string, AddressGroup>;
  readonly #grants: ReadonlyMap<string, Grant>;
  readonly #bySource = new Map<string, Grant[]>();

  constructor(wanted: DesiredState, before: DesiredState) {
    this.#wanted = wanted;
    this.#before = before;
    this.#groups = new Map([...before.groups, ...wanted.groups].map((group) => [group.id, group]));
    const grants = before.rules.flatMap((rule, at): Grant[] => (rule.action === 'Accept' ? [{ rule, at }] : []));
    this.#grants = new Map(grants.map((grant) => [grant.rule.id, grant]));
    for (const grant of grants) for (const id of grant.rule.sources) append(this.#bySource, id, grant);
  }

  desired(): DesiredState {
    const { rules } = this.#wanted;
    const denies = { wanted: new Denies(rules), before: new Denies(this.#before.rules) };
    const result: Rule[] = [];
    const seen = new Set<string>();
    const emit = (some: readonly Rule[]): void => {
      for (const rule of some) if (!seen.has(rule.id)) result.push(rule);
      for (const { id } of some) seen.add(id);
    };
    for (const [at, rule] of rules.entries()) {
      if (rule.action === 'Deny') continue;
      const piece = this.#pieceOf(rule);
      if (piece === undefined) continue;
      emit(denies.wanted.before(at));
      emit(denies.before.before(piece.at));
      result.push(piece.rule);
    }
    emit(denies.wanted.before(Infinity));
    emit(denies.before.before(Infinity));
    return { ...this.#wanted, rules: result, groups: this.#groupsOf(result) };
  }

  #groupsOf(rules: readonly Rule[]): readonly AddressGroup[] {
    const ids = new Set(rules.flatMap(({ sources }) => sources));
    return [...ids].sort().flatMap((id) => this.#groups.get(id) ?? []);
  }

  #pieceOf(rule: Rule): Piece | undefined {
    // What is in force in an emergency waits for nothing, and nothing that was in force stands in its way.
    if (rule.origin.approvedBy?.breakGlass) return { rule, at: -1 };
    const own = this.#grants.get(rule.id);
    const isCovered = own === undefined || (isAlike(own.rule, rule) && covers(own.rule, rule));
    return isCovered ? this.#coveredBySome(rule) : (this.#common(rule, own) ?? this.#coveredBySome(rule));
  }

  /** Where it leads, of that which rules for the same sources and ports led to: its own first, then from the top. */
  #coveredBySome(rule: Rule): Piece | undefined {
    const [first = ''] = rule.sources;
    const others = (this.#bySource.get(first) ?? []).filter(({ rule: { id } }) => id !== rule.id);
    const used: Grant[] = [];
    let so: Destination | undefined;
    for (const grant of [this.#grants.get(rule.id) ?? [], others].flat()) {
      if (so !== undefined && destinationCovers(so, rule.destination)) break;
      if (!isAlike(grant.rule, rule) || !covers(grant.rule, rule)) continue;
      const { destination } = intersectDestinations(rule.destination, grant.rule.destination);
      if (destination === undefined || (so !== undefined && destinationCovers(so, destination))) continue;
      so = so === undefined ? destination : unionOf(so, destination);
      used.push(grant);
    }
    if (so === undefined) return undefined;
    const destination = destinationCovers(so, rule.destination) ? rule.destination : so;
    const ending = endingWith({ ...rule, destination }, used);
    return { rule: ending, at: maxOf(used.map(({ at }) => at)) };
  }

  /** What two forms of one rule have in common. */
  #common(rule: Rule, grant: Grant): Piece | undefined {
    const { rule: own, at } = grant;
    const { destination } = intersectDestinations(rule.destination, own.destination);
    const ports = intersectPorts(own.ports, rule.ports);
    const sources = this.#sources(rule, own);
    if (destination === undefined || ports === undefined || sources.length === 0) return undefined;
    const { profile, originate } = own;
    const { profile: _, originate: __, ...rest } = rule;
    const kept = { ...(profile !== undefined && { profile }), ...(originate !== undefined && { originate }) };
    return { rule: endingWith({ ...rest, ...kept, destination, ports, sources }, [grant]), at };
  }

  /** Groups that both have; of the others a group of those who are in one of each. */
  #sources(rule: Rule, own: Rule): readonly string[] {
    const known = new Set(own.sources);
    const both = rule.sources.filter((id) => known.has(id));
    const others = rule.sources.filter((id) => !known.has(id));
    if (others.length === 0) return both;
    const shared = this.#sharedGroup(rule, others, own);
    return shared === undefined ? both : [...both, shared];
  }

  #sharedGroup({ id }: Rule, others: readonly string[], own: Rule): string | undefined {
    const groups = [...others, ...own.sources].flatMap((each) => this.#groups.get(each) ?? []);
    const [first] = groups;
    // Only the enforcing point knows the members of a group that selects by labels.
    if (first === undefined || groups.some(({ subject }) => subject !== undefined)) return undefined;
    const members = intersectMembers(this.#members(others), this.#members(own.sources));
    const name = digest(`until a window opens ${id}`);
    this.#groups.set(name, { id: name, role: 'Accept', title: first.title, members });
    return name;
  }

  #members(ids: readonly string[]): readonly string[] {
    return ids.flatMap((id) => this.#groups.get(id)?.members ?? []);
  }
}

/** Rules that deny, in order, each handed out once. */
class Denies {
  readonly #rules: readonly { readonly rule: Rule; readonly at: number }[];
  #next = 0;

  constructor(rules: readonly Rule[]) {
    this.#rules = rules.flatMap((rule, at) => (rule.action === 'Deny' ? [{ rule, at }] : []));
  }

  /** Those that stand before this place and were not handed out yet. */
  before(place: number): readonly Rule[] {
    const first = this.#next;
    while ((this.#rules[this.#next]?.at ?? Infinity) < place) this.#next += 1;
    return this.#rules.slice(first, this.#next).map(({ rule }) => rule);
  }
}

/** Is it looked at in the same way, and does it speak nothing that the other does not? */
function isAlike(before: Rule, rule: Rule): boolean {
  const spoken = new Set(before.ports.map(({ appProtocol }) => appProtocol));
  const speaks = rule.ports.every(({ appProtocol }) => spoken.has(undefined) || spoken.has(appProtocol));
  return (
    before.profile === rule.profile && before.originate === rule.originate && (speaks || before.ports.length === 0)
  );
}

/** Sources and ports. */
function covers(outer: Rule, inner: Rule): boolean {
  const sources = new Set(outer.sources);
  return inner.sources.every((id) => sources.has(id)) && portsCover(outer.ports, inner.ports);
}

function unionOf(a: Destination, b: Destination): Destination | undefined {
  if (a.any || b.any) return anywhere;
  return destinationOf([...a.names, ...b.names], [...a.networks, ...b.networks]);
}

/** It ends when the first of those ends that it was taken from. */
function endingWith(rule: Rule, grants: readonly Grant[]): Rule {
  const ends = [rule, ...grants.map((grant) => grant.rule)].flatMap(({ expiresAt }) => expiresAt ?? []);
  const [first] = ends.sort((a, b) => (parseInstant(a) ?? 0) - (parseInstant(b) ?? 0));
  return first === undefined ? rule : { ...rule, expiresAt: first };
}

/** Where one has networks, what they share. */
function intersectMembers(a: readonly string[], b: readonly string[]): readonly string[] {
  const networks = [...a, ...b].some((member) => member.includes('/'));
  const known = new Set(b);
  if (!networks) return [...new Set(a)].filter((member) => known.has(member)).sort();
  return NetworkSet.of(a.map(asNetwork))
    .intersect(NetworkSet.of(b.map(asNetwork)))
    .networks();
}
