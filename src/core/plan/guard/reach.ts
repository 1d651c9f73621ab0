import type { DesiredState, Destination, Rule } from '../../model/desired.ts';
import { append } from '../../model/grouped.ts';
import type { Change } from '../../model/plan.ts';
import { keyOf, type Resource, type ResourceKey } from '../../model/resource.ts';
import { destinationsMayOverlap } from '../../destinations/destination.ts';

/** Which flows a change can open or close. More than it does, never less. */
export interface Reach {
  /** Addresses, identities, or a namespace for rules that select pods themselves; undefined: anyone. */
  readonly sources: readonly string[] | undefined;
  /** Undefined: anywhere. */
  readonly to: readonly Destination[] | undefined;
}

export type FindReach = (change: Change) => Reach;

const network = /^[0-9a-f.:]+\/\d+$/i;

/** Where nothing is known but the change itself. */
export function ownReach({ op, ...change }: Change): Reach {
  if (op !== 'members' || !('add' in change)) return { sources: undefined, to: undefined };
  return { sources: exact([...change.add, ...change.remove]), to: undefined };
}

/** @param resources what is on the device, and what is wanted there */
export function reachesIn(desired: DesiredState, resources: readonly Resource[]): FindReach {
  let world: World | undefined;
  return (change) => (world ??= new World(desired, resources)).reachOf(change);
}

class World {
  readonly #rules: ReadonlyMap<string, Rule>;
  readonly #groups: ReadonlyMap<string, readonly string[]>;
  readonly #users = new Map<string, Rule[]>();
  readonly #resources = new Map<string, Resource[]>();

  constructor({ rules, groups }: DesiredState, resources: readonly Resource[]) {
    this.#rules = new Map(rules.map((rule) => [rule.id, rule]));
    this.#groups = new Map(groups.map(({ id, members }) => [id, members]));
    for (const rule of rules) for (const id of rule.sources) append(this.#users, id, rule);
    for (const resource of resources) append(this.#resources, keyOf(resource), resource);
  }

  reachOf(change: Change): Reach {
    if (change.op === 'members') return { ...ownReach(change), to: this.#destinations(change) };
    const rule = change.op === 'delete' ? undefined : this.#rules.get(change.after?.desiredId ?? '');
    const objects = [change.before, change.after].filter((object) => object !== undefined);
    const sources = objects.map((object) => this.#sources(object));
    const known = rule === undefined ? [] : rule.sources.flatMap((id) => this.#groups.get(id) ?? []);
    const all = sources.flatMap((some) => some ?? []);
    const anyone = sources.length === 0 || sources.includes(undefined);
    return { sources: anyone ? undefined : exact([...all, ...known]), to: rule && [rule.destination] };
  }

  /** Members that come lead where the rules of their group lead; those that go may have led anywhere. */
  #destinations({ phase, after, before }: Change): readonly Destination[] | undefined {
    if (phase !== 'grow' && phase !== 'extend') return undefined;
    return this.#users.get((after ?? before)?.desiredId ?? '')?.map(({ destination }) => destination);
  }

  /** The members of what an object uses, on the device and as wanted; undefined where it has none. */
  #sources(object: Resource): readonly string[] | undefined {
    if (object.decides === true && object.origin !== undefined) return [namespaceOf(object.origin)];
    const seen = new Set<string>();
    const memberLists: (readonly string[])[] = [];
    const visit = (key: ResourceKey, versions: readonly Resource[]): void => {
      if (seen.has(keyOf(key))) return;
      seen.add(keyOf(key));
      for (const { members, refs } of versions) {
        if (members !== undefined) memberLists.push(members);
        for (const ref of refs) visit(ref, this.#resources.get(keyOf(ref)) ?? []);
      }
    };
    visit(object, [object, ...(this.#resources.get(keyOf(object)) ?? [])]);
    return memberLists.length === 0 ? undefined : [...new Set(memberLists.flat())];
  }
}

/** Networks are not compared one by one: who is in them may be anyone. */
function exact(sources: readonly string[]): readonly string[] | undefined {
  return sources.some((source) => network.test(source)) ? undefined : sources;
}

/** @param origin `NetworkPolicy/shop/web` */
function namespaceOf(origin: string): string {
  return origin.split('/').slice(1, -1).join('/');
}

interface Entry {
  readonly key: ResourceKey;
  readonly to: Reach['to'];
}

/** Finds, among reaches that were added, one that shares a flow with another. */
export class ReachIndex {
  readonly #all: Entry[] = [];
  readonly #anyone: Entry[] = [];
  readonly #bySource = new Map<string, Entry[]>();

  add(key: ResourceKey, { sources, to }: Reach): void {
    const entry = { key, to };
    this.#all.push(entry);
    if (sources === undefined) this.#anyone.push(entry);
    for (const source of sources ?? []) append(this.#bySource, source, entry);
  }

  get empty(): boolean {
    return this.#all.length === 0;
  }

  find({ sources, to }: Reach): ResourceKey | undefined {
    const meets = (entry: Entry): boolean => leadTogether(entry.to, to);
    if (sources === undefined) return this.#all.find(meets)?.key;
    const own = sources.flatMap((source) => this.#bySource.get(source) ?? []);
    return [...this.#anyone, ...new Set(own)].find(meets)?.key;
  }
}

function leadTogether(some: Reach['to'], others: Reach['to']): boolean {
  if (some === undefined || others === undefined) return true;
  return some.some((one) => others.some((other) => destinationsMayOverlap(one, other)));
}
