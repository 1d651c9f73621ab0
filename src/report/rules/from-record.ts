import { minOf } from '../../core/model/extremes.ts';
import type { ObjectAt } from '../../core/audit/history.ts';
import type { Remaining } from '../../verify/values/time.ts';
import { asRead, lastChanged } from './in-force.ts';
import { portsOnRecord } from '../record/ports-on-record.ts';
import type { RecordedState } from '../record/recorded-state.ts';
import { flagsLater } from './flags.ts';
import { driftOf, timesOf, type UnflaggedRule, type PointReport } from './point-report.ts';
import type { GroupEntry, PolicyEntry } from '../report.ts';

/** One point, from its record alone. */
export interface RecordInput {
  readonly name: string;
  readonly record: RecordedState;
  /** Property of its adapter; null: there is no such adapter. */
  readonly inMesh: boolean | null;
  /** Milliseconds until a time, from the moment that the report describes. */
  readonly remaining: Remaining;
}

/** The rules that the device had at a moment, by the record. Linear in its objects and their members. */
export function reportOfRecord({ name, record, inMesh, remaining }: RecordInput): PointReport {
  const groups = new RecordedGroups(record);
  const rules = rulesIn(record);
  return {
    point: {
      name,
      adapter: record.adapter || null,
      mode: null,
      version: null,
      inMesh,
      defaultAction: null,
      assumes: null,
      rules: rules.length,
      drift: driftOf(undefined, record),
      groups: [...record.byId.keys()].flatMap((id) => groups.get(id) ?? []),
    },
    rules: rules.map((rule) => draft(name, rule, { record, groups, remaining })),
  };
}

/** Of these the rules that the intent does not want any longer, in their order. */
export function leftOnRecord(
  { name, record, remaining }: Omit<RecordInput, 'inMesh'>,
  isLeft: (id: string) => boolean,
): readonly UnflaggedRule[] {
  const groups = new RecordedGroups(record);
  return rulesIn(record, isLeft).map((rule) => draft(name, rule, { record, groups, remaining }));
}

interface RecordedRule {
  readonly id: string;
  readonly objects: readonly ObjectAt[];
  readonly last: ObjectAt & { readonly rule: NonNullable<ObjectAt['rule']> };
  readonly rank: number;
}

/** In the order of the device; rules without a position come last, by id. */
function rulesIn(
  { byId, rankOf }: RecordedState,
  isAsked: (id: string) => boolean = () => true,
): readonly RecordedRule[] {
  const rules: RecordedRule[] = [];
  for (const [id, objects] of byId) {
    const last = id === '' || !isAsked(id) ? undefined : lastChanged(objects);
    if (last?.rule === undefined) continue;
    const rank = minOf(objects.map((object) => rankOf(object) ?? Infinity));
    rules.push({ id, objects, last: { ...last, rule: last.rule }, rank });
  }
  return rules.sort((a, b) => (a.rank === b.rank ? (a.id < b.id ? -1 : 1) : a.rank - b.rank));
}

/** The groups of a point, each made when it is asked for. */
class RecordedGroups {
  readonly #byId: RecordedState['byId'];
  readonly #made = new Map<string, GroupEntry>();

  constructor({ byId }: RecordedState) {
    this.#byId = byId;
  }

  /** Undefined: there is none of this id. */
  get(id: string): GroupEntry | undefined {
    const known = this.#made.get(id);
    if (known !== undefined) return known;
    const objects = id === '' ? undefined : this.#byId.get(id);
    if (objects === undefined || objects.some(({ rule }) => rule !== undefined)) return undefined;
    const addresses = [...new Set(objects.flatMap(({ members }) => [...members]))].sort();
    const title = objects.find((object) => object.title !== '')?.title ?? '';
    const made = { id, title, addresses, exact: objects.every(({ exact }) => exact) };
    this.#made.set(id, made);
    return made;
  }
}

interface Around {
  readonly record: RecordedState;
  readonly groups: RecordedGroups;
  readonly remaining: Remaining;
}

function draft(
  point: string,
  { id, objects, last, rank }: RecordedRule,
  { record, groups, remaining }: Around,
): UnflaggedRule {
  const { rule, policies } = last;
  const own = rule.sources.flatMap((source) => groups.get(source) ?? []);
  const ordered = objects.filter((object) => record.rankOf(object) !== undefined);
  const deviceRules = (ordered.length > 0 ? ordered : objects).map(({ name }) => name).sort();
  const all = [...objects, ...rule.sources.flatMap((source) => record.byId.get(source) ?? [])];
  const ids = new Set([id, ...rule.sources]);
  const uncertain = record.uncertain.some((write) => write.id !== undefined && ids.has(write.id));
  const entry = {
    point,
    position: rank === Infinity ? null : rank + 1,
    id,
    deviceRules,
    action: rule.action,
    sources: rule.sources,
    subject: rule.sources
      .map((source) => wordsFor(groups.get(source), source))
      .sort()
      .join(' + '),
    who: null,
    addresses: countIn(own, rule.sources.length),
    destination: rule.destination,
    ports: portsOnRecord(rule.ports),
    policy: policyOf(policies[0]),
    service: null,
    governance: null,
    log: null,
    profile: null,
    changedBy: policies[0]?.changedBy ?? null,
    ...timesOf(objects, record),
    live: uncertain
      ? ({ state: 'not known', reason: 'a write for it had been sent, and its outcome was not known' } as const)
      : asRead(all, record),
    hits: null,
    mesh: null,
    losses: [],
  };
  return { entry, flag: flagsLater(remaining, false) };
}

function wordsFor(group: GroupEntry | undefined, id: string): string {
  return group === undefined || group.title === '' ? id : group.title;
}

/** Null: some of its groups are not on record, or not all of their members. */
function countIn(groups: readonly GroupEntry[], expected: number): number | null {
  if (groups.length < expected || groups.some(({ exact }) => !exact)) return null;
  const [only, ...more] = groups;
  if (more.length === 0) return only?.addresses.length ?? 0;
  return new Set(groups.flatMap(({ addresses }) => addresses)).size;
}

function policyOf(policy: ObjectAt['policies'][number] | undefined): PolicyEntry | null {
  if (policy === undefined) return null;
  const { kind, namespace, name, uid, generation, field } = policy;
  const known = (['EgressPolicy', 'ClusterEgressPolicy', 'EnforcementPoint'] as const).find((one) => one === kind);
  return known === undefined ? null : { kind: known, namespace, name, uid, generation, field, tier: null, via: null };
}

/** Reads what `throughPorts` writes: `TCP 443, UDP 5000-5010`, or `any port`. */
