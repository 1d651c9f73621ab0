import type { EnforcementPoint } from '../../api/kinds.ts';
import type { DesiredState, GroupDelta, WithheldNamespace } from '../model/desired.ts';
import { earlier, parseInstant } from '../time/instant.ts';
import { compareProblems, compareText, type Problem } from '../../api/problem.ts';
import type { HeldMembers } from '../model/outcome.ts';
import type { ObjectChange } from '../model/snapshot.ts';
import { atOnce, Pace, type Steps } from '../model/steps.ts';
import { latest } from './changes.ts';
import { PolicyIndex } from './intents/policy-index.ts';
import type { GroupChange } from './pods/address-groups.ts';
import { PodIndex } from './pods/pod-index.ts';
import { Points } from './points.ts';
import { overGrantsOf, type OverGrant } from './rules/over-grants.ts';
import { RuleTable } from './rules/rule-table.ts';
import { priorityProblems } from './tiers/order.ts';
import { WithheldNamespaces } from './withheld.ts';

/** What a round of changes did to one point. */
export interface PointDelta {
  /** The point was deleted: it has no desired state any more. */
  readonly gone: boolean;
  /** The point or its rules changed, so that the whole desired state has to be looked at. */
  readonly rulesChanged: boolean;
  /** Members that came and went, in groups that the point had before and still has. */
  readonly groups: readonly GroupDelta[];
}

export interface CompileDelta {
  /** Only points that something changed for, sorted by name. */
  readonly points: ReadonlyMap<string, PointDelta>;
  /** Addresses that this round's ending pods released; their removal is explained. Sorted. */
  readonly ended: readonly string[];
}

const none: readonly never[] = [];
const noMembers: ReadonlyMap<RuleTable, readonly GroupChange[]> = new Map();

/** What has been compiled: asked between rounds, and not kept beyond. */
export type Compiled = Pick<Compiler, 'desired' | 'problems' | 'overGrants' | 'supersededBy' | 'endedAmong'>;

/**
 * Intent in, desired states out (docs/compiler.md has a drawing). It holds the state of the cluster as far as it has
 * been told, and what it hands out depends on that state and the time alone, not on the way that led there: a cold
 * compile is the same code, told everything at once. Costs are in proportion to what a change concerns.
 */
export class Compiler {
  readonly #pods = new PodIndex();
  readonly #policies = new PolicyIndex();
  readonly #withheld = new WithheldNamespaces();
  readonly #points = new Points(
    (coverage) => new RuleTable(coverage, this.#policies, this.#pods),
    (table) => this.#withheldFrom(table),
  );
  #problems: readonly Problem[] | undefined;
  /** A round has begun and not come to its end. */
  #underWay = false;

  /**
   * Takes in changes, in any order, repeated or not, and says what they changed. `now` is RFC 3339; without changes it
   * only lets time pass, which matters from `nextDeadline` on.
   */
  apply(changes: readonly ObjectChange[], now: string): CompileDelta {
    return atOnce(this.applying(changes, now));
  }

  /**
   * The same in steps, so that the caller can do other work in between. Until the last step the state is half compiled,
   * and every method but `nextDeadline` throws.
   */
  *applying(changes: readonly ObjectChange[], now: string): Steps<CompileDelta> {
    const instant = parseInstant(now);
    if (instant === undefined) throw new RangeError(`${now} is not an RFC 3339 time`);
    this.#refuseUnderWay();
    this.#underWay = true;
    try {
      return yield* this.#round(latest(changes), instant);
    } finally {
      this.#underWay = false;
    }
  }

  /** What a point should enforce now; the same object until that changes. Undefined for a point nobody declared. */
  desired(name: string): DesiredState | undefined {
    this.#refuseUnderWay();
    return this.#points.desired(name);
  }

  /** What is wrong with the objects, each problem once, in order of importance. */
  problems(): readonly Problem[] {
    this.#refuseUnderWay();
    return (this.#problems ??= distinct([
      ...this.#policies.problems(),
      ...priorityProblems([...this.#policies.clusterPolicies()]),
      ...this.#points.problems(),
    ]).sort(compareProblems));
  }

  /** The generation by which an EgressApproval, `namespace/name`, is over for good; undefined: it is not. */
  supersededBy(approval: string): number | undefined {
    this.#refuseUnderWay();
    return this.#policies.supersededBy(approval);
  }

  /** Who else gains what is granted at a point that cannot tell pods apart. Walks the pods of the point. */
  overGrants(name: string): readonly OverGrant[] {
    this.#refuseUnderWay();
    const table = this.#points.tableOf(name);
    if (!table) return [];
    const covers = (namespace: string): boolean => table.covers(namespace);
    return overGrantsOf(name, table.granted(), table.coverage.vantage, this.#pods, covers);
  }

  /** Of the members of groups of pods' own addresses, those that no pod of the namespace of their group has any longer. */
  endedAmong(held: readonly HeldMembers[]): readonly string[] {
    this.#refuseUnderWay();
    return held.flatMap(({ namespace, members }) => members.filter((member) => !this.#pods.has(member, namespace)));
  }

  /** RFC 3339; when next something expires, so that `apply` should be called. */
  nextDeadline(): string | undefined {
    return earlier(this.#policies.nextDeadline(), this.#pods.nextDeadline());
  }

  #refuseUnderWay(): void {
    if (this.#underWay) throw new Error('a round of changes is being compiled: wait until it is over');
  }

  *#round(changes: readonly ObjectChange[], now: number): Steps<CompileDelta> {
    this.#policies.advance(now);
    this.#pods.advance(now);
    const points = yield* this.#taking(changes);
    // In this order: members change in the groups that exist, then rules change and with them the groups; those that are new are filled.
    const members = this.#memberChanges();
    const changed = yield* this.#updatingRules();
    const renewed = yield* this.#points.updating(points);
    yield* this.#pods.groups.filling();
    if (renewed.size > 0) this.#problems = undefined;
    return { points: this.#deltas(members, changed, renewed), ended: this.#pods.takeEnded() };
  }

  /** Returns the points among what changed: what they are to have is for the end of the round. */
  *#taking(changes: readonly ObjectChange[]): Steps<ReadonlyMap<string, EnforcementPoint | undefined>> {
    const points = new Map<string, EnforcementPoint | undefined>();
    const pace = new Pace();
    for (const change of changes) {
      this.#withheld.take(change);
      if (change.kind === 'EnforcementPoint') points.set(change.key, change.object);
      else this.#take(change);
      // A namespace may have very many pods, as may a node.
      if (pace.isDue(change.kind === 'Pod' || change.kind === 'EgressPolicy' ? 1 : Infinity)) yield;
    }
    return points;
  }

  #take(change: Exclude<ObjectChange, { kind: 'EnforcementPoint' }>): void {
    switch (change.kind) {
      case 'Pod':
        this.#pods.setPod(change.key, change.object, change.object === undefined && change.cause === 'relist');
        break;
      case 'Node':
        this.#pods.setNode(change.key, change.object);
        break;
      case 'Namespace':
        this.#pods.setEgressGateway(change.key, change.object);
        if (!this.#policies.setNamespace(change.key, change.object?.labels)) break;
        this.#pods.setNamespace(change.key, change.object?.labels);
        break;
      case 'ExternalService':
        this.#policies.setService(change.key, change.object);
        break;
      case 'EgressPolicy':
        this.#policies.setEgressPolicy(change.key, change.object);
        break;
      case 'ClusterEgressPolicy':
        this.#policies.setClusterPolicy(change.key, change.object);
        break;
      case 'EgressDelegation':
        this.#policies.setDelegation(change.key, change.object);
        break;
      case 'EgressApproval':
        this.#policies.setApproval(change.key, change.object);
        break;
      case 'EgressSource':
        this.#pods.setEgressSource(change.key, change.object);
        break;
      case 'ServiceAccount':
        // Policies name ServiceAccounts; whether one exists shows in the pods that run under it.
        break;
    }
  }

  #memberChanges(): ReadonlyMap<RuleTable, readonly GroupChange[]> {
    const changes = this.#pods.groups.takeChanges();
    if (changes.length === 0) return noMembers;
    const members = this.#points.tables().map((table) => [table, namedIn(table, changes)] as const);
    return new Map(members.filter(([, groups]) => groups.length > 0));
  }

  /** Returns the tables whose points are no longer as they were. */
  *#updatingRules(): Steps<ReadonlySet<RuleTable>> {
    const affected = yield* this.#policies.resolvingStale();
    if (affected) this.#problems = undefined;
    const rerouted = this.#pods.gateways.takeRerouted();
    const changed = new Set(this.#withheldChanged());
    for (const table of this.#points.tables()) {
      if (affected && (yield* table.updating(affected))) changed.add(table);
      if (rerouted && (yield* table.rerouting())) changed.add(table);
    }
    return changed;
  }

  #withheldFrom(table: RuleTable): readonly WithheldNamespace[] {
    const { vantage } = table.coverage;
    return this.#withheld.in(
      (namespace) => table.covers(namespace),
      (namespace) => this.#pods.membersIn(namespace, vantage),
    );
  }

  /** The tables of points that cover a namespace in which a policy cannot be read, or could not until now. */
  #withheldChanged(): readonly RuleTable[] {
    const touched = [...this.#withheld.takeTouched()];
    if (touched.length === 0) return [];
    return this.#points.tables().filter((table) => touched.some((namespace) => table.covers(namespace)));
  }

  #deltas(
    members: ReadonlyMap<RuleTable, readonly GroupChange[]>,
    changed: ReadonlySet<RuleTable>,
    renewed: ReadonlySet<string>,
  ): ReadonlyMap<string, PointDelta> {
    const deltas = new Map<string, PointDelta>();
    if (members.size + changed.size + renewed.size === 0) return deltas;
    const touched = new Set(renewed);
    for (const table of [...members.keys(), ...changed])
      for (const name of this.#points.pointsOf(table)) touched.add(name);
    const moved = new Map([...members].map(([table, groups]) => [table, deltasIn(table, groups)]));
    for (const name of [...touched].sort()) {
      const table = this.#points.tableOf(name);
      if (!table) {
        deltas.set(name, { gone: true, rulesChanged: false, groups: [] });
        continue;
      }
      const rulesChanged = renewed.has(name) || changed.has(table);
      const groups = (renewed.has(name) ? undefined : moved.get(table)) ?? none;
      this.#points.outdate(name, { rules: rulesChanged });
      if (rulesChanged || groups.length > 0) deltas.set(name, { gone: false, rulesChanged, groups });
    }
    return deltas;
  }
}

function namedIn(table: RuleTable, changes: readonly GroupChange[]): readonly GroupChange[] {
  return changes.filter(({ group }) => table.names(group));
}

/** Of the groups that the rules still name, sorted by id. */
function deltasIn(table: RuleTable, changes: readonly GroupChange[]): readonly GroupDelta[] {
  return namedIn(table, changes)
    .map(({ group: { id, view }, added, removed }) => ({ id, role: view.role, added, removed }))
    .sort((a, b) => compareText(a.id, b.id));
}

function distinct(problems: readonly Problem[]): Problem[] {
  const keyOf = ({ subject, field, code, message }: Problem): string => [subject, field, code, message].join('\n');
  return [...new Map(problems.map((problem) => [keyOf(problem), problem])).values()];
}
