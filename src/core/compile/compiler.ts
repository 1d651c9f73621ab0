import type { EnforcementPoint } from '../../api/kinds.ts';
import type { DesiredState, GroupDelta, Rule } from '../model/desired.ts';
import { compareProblems, type Problem } from '../model/problem.ts';
import type { ObjectChange } from '../model/snapshot.ts';
import { latest, sameMeaning } from './changes.ts';
import { readCoverage } from './inputs/coverage.ts';
import { AddressGroups } from './rules/address-groups.ts';
import { parseInstant } from '../model/instant.ts';
import { PolicyIndex } from './intents/policy-index.ts';
import { overGrantsOf, type OverGrant } from './rules/over-grants.ts';
import { PodIndex } from './pods/pod-index.ts';
import { priorityProblems } from './tiers/order.ts';
import { RuleTable } from './rules/rule-table.ts';

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

interface Point {
  readonly object: EnforcementPoint;
  readonly ruleset: RuleTable;
  readonly problems: readonly Problem[];
  /** Built when somebody asks; undefined while out of date. */
  rules: readonly Rule[] | undefined;
  desired: DesiredState | undefined;
}

/**
 * Intent in, desired states out. It holds the state of the cluster as far as it has been told, and what it hands out
 * depends on that state and the time alone, not on the way that led there: a cold compile is the same code, told
 * everything at once. Costs are in proportion to what a change concerns.
 */
export class Compiler {
  readonly #population = new PodIndex();
  readonly #intents = new PolicyIndex();
  readonly #groups = new AddressGroups<RuleTable>(this.#population.watches);
  readonly #rulesets = new Map<string, { readonly ruleset: RuleTable; readonly points: Set<string> }>();
  readonly #points = new Map<string, Point>();
  #problems: readonly Problem[] | undefined;

  /**
   * Takes in changes, in any order, repeated or not, and says what they changed. `now` is RFC 3339; without changes it
   * only lets time pass, which matters from `nextDeadline` on.
   */
  apply(changes: readonly ObjectChange[], now: string): CompileDelta {
    const instant = parseInstant(now);
    if (instant === undefined) throw new RangeError(`${now} is not an RFC 3339 time`);
    this.#intents.advance(instant);
    const points = new Map<string, EnforcementPoint | undefined>();
    for (const change of latest(changes)) {
      if (change.kind === 'EnforcementPoint') points.set(change.key, change.object);
      else this.#take(change);
    }
    // In this order: members change in the groups that exist, then rules change and with them the groups.
    const members = this.#groups.takeDeltas();
    const changed = this.#updateRules();
    const renewed = this.#updatePoints(points);
    return { points: this.#report(members, changed, renewed), ended: this.#population.takeEnded() };
  }

  /** What a point should enforce now; the same object until that changes. Undefined for a point nobody declared. */
  desired(name: string): DesiredState | undefined {
    const point = this.#points.get(name);
    if (!point) return undefined;
    const { metadata, spec } = point.object;
    point.rules ??= point.ruleset.rulesFor({ name, uid: metadata.uid, generation: metadata.generation });
    const namespaces = point.ruleset.covered();
    return (point.desired ??= {
      point: name,
      defaultAction: spec.defaultAction,
      groups: point.ruleset.groups(),
      rules: point.rules,
      ...(namespaces ? { namespaces } : {}),
    });
  }

  /** Everything that a person should know, each thing once, in order of importance. */
  problems(): readonly Problem[] {
    return (this.#problems ??= this.#collectProblems());
  }

  /** Who else gains what is granted at a point that cannot tell pods apart. Walks the pods of the point. */
  overGrants(name: string): readonly OverGrant[] {
    const ruleset = this.#points.get(name)?.ruleset;
    if (!ruleset) return [];
    const covers = (namespace: string): boolean => ruleset.covers(namespace);
    return overGrantsOf(ruleset.granted(), ruleset.coverage.vantage, this.#population, covers);
  }

  /** RFC 3339; when next something expires, so that `apply` should be called. */
  nextDeadline(): string | undefined {
    return this.#intents.nextDeadline();
  }

  #take(change: Exclude<ObjectChange, { kind: 'EnforcementPoint' }>): void {
    switch (change.kind) {
      case 'Pod':
        this.#population.setPod(change.key, change.object, change.object === undefined && change.cause === 'relist');
        break;
      case 'Node':
        this.#population.setNode(change.key, change.object);
        break;
      case 'Namespace':
        if (!this.#intents.setNamespace(change.key, change.object?.labels)) break;
        this.#population.setNamespace(change.key, change.object?.labels);
        break;
      case 'ExternalService':
        this.#intents.setService(change.key, change.object);
        break;
      case 'EgressPolicy':
        this.#intents.setEgressPolicy(change.key, change.object);
        break;
      case 'ClusterEgressPolicy':
        this.#intents.setClusterPolicy(change.key, change.object);
        break;
      case 'ServiceAccount':
        // Policies name ServiceAccounts; whether one exists shows in the pods that run under it.
        break;
    }
  }

  #updateRules(): ReadonlySet<RuleTable> {
    const affected = this.#intents.settle();
    if (!affected) return new Set();
    this.#problems = undefined;
    const all = [...this.#rulesets.values()].map(({ ruleset }) => ruleset);
    return new Set(all.filter((ruleset) => ruleset.update(affected)));
  }

  /** The points that are new, gone or different. */
  #updatePoints(changes: ReadonlyMap<string, EnforcementPoint | undefined>): ReadonlySet<string> {
    const renewed = new Set<string>();
    for (const [name, object] of changes) {
      const before = this.#points.get(name);
      if (sameMeaning(before?.object, object)) continue;
      renewed.add(name);
      const after = object && this.#declare(name, object);
      if (before) this.#leave(name, before.ruleset, after?.ruleset);
      if (after) this.#points.set(name, after);
      else this.#points.delete(name);
    }
    if (renewed.size > 0) this.#problems = undefined;
    return renewed;
  }

  #declare(name: string, object: EnforcementPoint): Point {
    const { coverage, problems } = readCoverage(object);
    const shared = this.#rulesets.get(coverage.key) ?? {
      ruleset: new RuleTable(coverage, this.#intents, this.#groups),
      points: new Set<string>(),
    };
    this.#rulesets.set(coverage.key, shared);
    shared.points.add(name);
    return { object, ruleset: shared.ruleset, problems, rules: undefined, desired: undefined };
  }

  #leave(name: string, ruleset: RuleTable, next: RuleTable | undefined): void {
    const shared = this.#rulesets.get(ruleset.coverage.key);
    if (!shared || ruleset === next) return;
    shared.points.delete(name);
    if (shared.points.size > 0) return;
    this.#rulesets.delete(ruleset.coverage.key);
    ruleset.dispose();
  }

  #report(
    members: ReadonlyMap<RuleTable, readonly GroupDelta[]>,
    changed: ReadonlySet<RuleTable>,
    renewed: ReadonlySet<string>,
  ): ReadonlyMap<string, PointDelta> {
    const deltas = new Map<string, PointDelta>();
    const touched = new Set([...members.keys(), ...changed].flatMap((ruleset) => this.#pointsOf(ruleset)));
    for (const name of [...touched, ...renewed].sort()) {
      const point = this.#points.get(name);
      if (!point) deltas.set(name, { gone: true, rulesChanged: false, groups: [] });
      else {
        const rulesChanged = renewed.has(name) || changed.has(point.ruleset);
        const known = renewed.has(name) ? undefined : members.get(point.ruleset);
        const groups = (known ?? []).filter(({ id }) => point.ruleset.names(id));
        point.desired = undefined;
        if (rulesChanged) point.rules = undefined;
        if (rulesChanged || groups.length > 0) deltas.set(name, { gone: false, rulesChanged, groups });
      }
    }
    return deltas;
  }

  #pointsOf(ruleset: RuleTable): readonly string[] {
    return [...(this.#rulesets.get(ruleset.coverage.key)?.points ?? [])];
  }

  #collectProblems(): readonly Problem[] {
    const found = distinct([
      ...this.#intents.problems(),
      ...priorityProblems([...this.#intents.clusterPolicies()]),
      ...[...this.#rulesets.values()].flatMap(({ ruleset }) => [...ruleset.problems()]),
      ...[...this.#points.values()].flatMap(({ problems }) => problems),
    ]);
    return found.sort(compareProblems);
  }
}

function distinct(problems: readonly Problem[]): Problem[] {
  const keyOf = ({ subject, field, code, message }: Problem): string => [subject, field, code, message].join('\n');
  return [...new Map(problems.map((problem) => [keyOf(problem), problem])).values()];
}
