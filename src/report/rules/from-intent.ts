import type { EnforcementPoint } from '../../api/kinds.ts';
import type { AddressGroup, DesiredState, Rule } from '../../core/model/desired.ts';
import { append } from '../../core/model/grouped.ts';
import { isRule, type Loss, type Resource } from '../../core/model/resource.ts';
import { proxiesOf, type ProxyShare } from '../../core/status/live-proxies.ts';
import type { Remaining } from '../../verify/values/time.ts';
import type { PolicyCatalogue } from './governance.ts';
import { inForceNow, inForceOnRecord, lastChanged, differingMembers, type LiveReading } from './in-force.ts';
import type { RecordedState } from '../record/recorded-state.ts';
import { driftOf, timesOf, type UnflaggedRule, type PointReport } from './point-report.ts';
import { flagsLater } from './flags.ts';
import { leftOnRecord } from './from-record.ts';
import type { RuleEntry } from '../report.ts';
import type { WorkloadFinder } from './workloads.ts';

/** One point as it should be now, and what is known about how it is. */
export interface PointInput {
  readonly point: EnforcementPoint;
  readonly desired: DesiredState;
  /** The result of its adapter; undefined: there is no such adapter, or it refuses the config. */
  readonly lowered: { readonly resources: readonly Resource[]; readonly losses: readonly Loss[] } | undefined;
  readonly overGrants: readonly Loss[];
  readonly inMesh: boolean | null;
  readonly assumes: readonly string[];
  /** Undefined: there is no record of it. */
  readonly record: RecordedState | undefined;
  /** Undefined: the device was not read. */
  readonly live: LiveReading | undefined;
  /** The device was asked, and could not be read. */
  readonly unanswered?: boolean;
}

/** What all points share. */
export interface IntentContext {
  readonly catalogue: PolicyCatalogue;
  readonly workloads: WorkloadFinder;
  readonly remaining: Remaining;
}

/** The rules that should be on the device now, and those left on it. Linear in rules and members. */
export function reportOfIntent(input: PointInput, context: IntentContext): PointReport {
  const { point, desired, record, live, inMesh, assumes } = input;
  const rules = new RuleReader(input, context);
  return {
    point: {
      name: point.metadata.name,
      adapter: point.spec.adapter,
      mode: point.spec.mode,
      version: live === undefined || live.version === '' ? null : live.version,
      inMesh,
      defaultAction: desired.defaultAction,
      assumes,
      rules: desired.rules.length,
      drift: driftOf(live, record),
      groups: desired.groups.map(({ id, title, members }) => ({ id, title, addresses: members, exact: true })),
    },
    rules: [...desired.rules.map((rule, index) => rules.read(rule, index + 1)), ...leftovers(input, context)],
  };
}

/** Rules no longer wanted that the device still has, by the record and, if it was read, by the device. */
function leftovers(
  { point, desired, record, live }: PointInput,
  { remaining }: IntentContext,
): readonly UnflaggedRule[] {
  if (record === undefined) return [];
  const wanted = new Set(desired.rules.map(({ id }) => id));
  const isLeft = (id: string): boolean => !wanted.has(id) && (live?.differing.has(id) ?? true);
  return leftOnRecord({ name: point.metadata.name, record, remaining }, isLeft).map(({ entry, flag }) => ({
    entry: { ...entry, position: null, live: stillInForce(entry.live, live) },
    flag: (whole) => [{ code: 'not-wanted', message: 'on the device, and no longer in the intent' }, ...flag(whole)],
  }));
}

/** What is left over differs from the intent by being there. */
function stillInForce(onRecord: RuleEntry['live'], live: LiveReading | undefined): RuleEntry['live'] {
  if (live !== undefined) return { state: 'yes', reason: `on the device when it was read at ${live.at}` };
  if (onRecord.state !== 'no') return onRecord;
  return { state: 'not known', reason: `${onRecord.reason}, as it does while it has this` };
}

class RuleReader {
  readonly #input: PointInput;
  readonly #context: IntentContext;
  readonly #groups: ReadonlyMap<string, AddressGroup>;
  readonly #losses = new Map<string, Loss[]>();
  readonly #objects = new Map<string, Resource[]>();
  readonly #differing = new Map<string, number>();

  constructor(input: PointInput, context: IntentContext) {
    this.#input = input;
    this.#context = context;
    this.#groups = new Map(input.desired.groups.map((group) => [group.id, group]));
    for (const loss of [...(input.lowered?.losses ?? []), ...input.overGrants]) append(this.#losses, loss.id, loss);
    for (const resource of input.lowered?.resources ?? [])
      if (resource.desiredId !== undefined) append(this.#objects, resource.desiredId, resource);
  }

  read(rule: Rule, position: number): UnflaggedRule {
    const { point, record, live, unanswered = false } = this.#input;
    const { catalogue, workloads, remaining } = this.#context;
    const { externalService = '', via = '', ...origin } = rule.origin;
    const groups = rule.sources.flatMap((id) => this.#groups.get(id) ?? []);
    const losses = [rule.id, ...rule.sources].flatMap((id) => this.#losses.get(id) ?? []);
    const known = record?.byId.get(rule.id) ?? [];
    const question = {
      rule,
      mode: point.spec.mode,
      losses,
      lowered: this.#input.lowered && this.#objects.has(rule.id),
      proxies: proxiesBefore(groups, live),
      differingSources: groups.reduce((sum, group) => sum + this.#differingIn(group), 0),
    };
    const entry = {
      point: point.metadata.name,
      position,
      id: rule.id,
      deviceRules: this.#names(rule.id),
      action: rule.action,
      sources: rule.sources,
      subject: groups
        .map(({ title }) => title)
        .sort()
        .join(' + '),
      who: workloads.behind(groups, rule.origin, point.spec.vantage),
      addresses: addressesIn(groups),
      destination: rule.destination,
      ports: rule.ports,
      policy: { ...origin, via },
      service: externalService,
      governance: catalogue.governance(rule.origin, rule.expiresAt),
      log: rule.log,
      profile: rule.profile ?? '',
      changedBy: catalogue.policy(origin)?.metadata.changedBy ?? lastChanged(known)?.policies[0]?.changedBy ?? null,
      ...timesOf(known, record),
      live: live ? inForceNow(question, live) : inForceOnRecord(question, record, unanswered),
      hits: hitsOf(rule.id, live),
      mesh: null,
      losses,
    };
    return { entry, flag: flagsLater(remaining, rule.originate === true) };
  }

  /** Names on the device by the record; without one, the names that the adapter would give. */
  #names(id: string): readonly string[] | null {
    const { record, lowered } = this.#input;
    const known = record?.byId.get(id) ?? [];
    const ordered = known.filter((object) => record?.rankOf(object) !== undefined);
    if (known.length > 0) return (ordered.length > 0 ? ordered : known).map(({ name }) => name).sort();
    if (lowered === undefined) return null;
    const objects = this.#objects.get(id) ?? [];
    const rules = objects.filter(isRule);
    return (rules.length > 0 ? rules : objects).map(({ name }) => name).sort();
  }

  #differingIn(group: AddressGroup): number {
    const { record } = this.#input;
    const known = this.#differing.get(group.id);
    if (known !== undefined || record === undefined) return known ?? 0;
    const count = differingMembers(group, record);
    this.#differing.set(group.id, count);
    return count;
  }
}

function proxiesBefore(groups: readonly AddressGroup[], live: LiveReading | undefined): ProxyShare | undefined {
  const members = groups.flatMap((group) => group.members);
  return live?.proxies && proxiesOf(live.proxies, members);
}

function hitsOf(id: string, live: LiveReading | undefined): RuleEntry['hits'] {
  const found = live?.hits?.get(id);
  return found ? { count: found.hits, first: found.firstHit ?? null, last: found.lastHit ?? null } : null;
}

/** Distinct addresses of all groups; null if the point knows labels instead of addresses. */
function addressesIn(groups: readonly AddressGroup[]): number | null {
  const [only, ...more] = groups;
  if (groups.some(({ subject, members }) => subject !== undefined && members.length === 0)) return null;
  if (more.length === 0) return only?.members.length ?? 0;
  return new Set(groups.flatMap(({ members }) => members)).size;
}
