import type { EgressPolicy } from '../../../api/kinds.ts';
import type { AddressGroup, Origin, Rule } from '../../model/desired.ts';
import { isLive } from '../../model/pods.ts';
import type { Problem } from '../../../api/problem.ts';
import type { Labels } from '../../model/snapshot.ts';
import type { Steps } from '../../model/steps.ts';
import { CompactSet } from '../../select/compact-set.ts';
import { requirementsMatch } from '../../select/requirements.ts';
import { localise, type Subject } from '../../select/subject.ts';
import type { Coverage } from '../inputs/coverage.ts';
import { knowsWorkloads, poolsOf } from '../inputs/vantage.ts';
import type { Intent, RuleSpec } from '../intents/intent.ts';
import type { Policy } from '../intents/policy.ts';
import type { Affected, PolicyIndex } from '../intents/policy-index.ts';
import type { Group } from '../pods/followed.ts';
import type { PodIndex } from '../pods/pod-index.ts';
import { same } from '../same.ts';
import { clusterRulesOf } from '../tiers/cluster-rules.ts';
import { namespaceRulesOf, type NamespaceRules } from '../tiers/namespace-rules.ts';
import { orderTiers } from '../tiers/order.ts';
import { tierTableOf, type TierTable } from '../tiers/tier-table.ts';
import { CoveredNamespaces } from './covered-namespaces.ts';
import { GroupUses } from './group-uses.ts';
import type { Granted } from './over-grants.ts';
import { withinQuota } from './quota.ts';
import { ruleOf } from './rule.ts';

/** A rule, or the Pass in whose place the namespaces' rules stand. */
type Entry = { readonly spec: RuleSpec; readonly rule: Rule } | { readonly pass: Intent };

interface BuiltNamespace {
  readonly parts: ReadonlyMap<Intent, readonly Rule[]>;
  readonly main: readonly Rule[];
  /** Those that its rules name. The rules of no other namespace name them: they are about pods of this one. */
  readonly groups: CompactSet<Group>;
  readonly problems: readonly Problem[];
}

/** Most namespaces have nothing in place of a Pass, and no problems, and share these. */
const noParts: ReadonlyMap<Intent, readonly Rule[]> = new Map();
const none: readonly never[] = [];

/** The rules of all points with the same coverage: those of each namespace, and the cluster-wide ones around them. */
export class RuleTable {
  readonly coverage: Coverage;
  readonly #policies: PolicyIndex;
  readonly #uses: GroupUses;
  readonly #namespaces = new Map<string, BuiltNamespace>();
  /** Only of points that know workloads. */
  readonly #covered: CoveredNamespaces | undefined;
  readonly #pods: PodIndex;
  #tiers: TierTable;
  #admin: readonly Entry[] = [];
  #rest: readonly Entry[] = [];
  /** Those that the cluster-wide rules name. */
  #clusterGroups = new CompactSet<Group>();
  #problems: readonly Problem[] = [];
  #names: readonly string[] | undefined;
  /** All that rules named when somebody last asked, sorted by id; undefined: nobody has. */
  #named: readonly Group[] | undefined;
  /** What rules have come to name since then, and what no longer. */
  readonly #since = { named: new Set<Group>(), unnamed: new Set<Group>() };

  constructor(coverage: Coverage, policies: PolicyIndex, pods: PodIndex) {
    this.coverage = coverage;
    this.#policies = policies;
    this.#uses = new GroupUses(coverage, pods.groups, () => pods.gateways.areas());
    this.#pods = pods;
    this.#pods.acquirePools(poolsOf(coverage.vantage));
    this.#tiers = tierTableOf([], [], coverage.defaultAction);
    const named = knowsWorkloads(coverage.vantage);
    this.#covered = named ? new CoveredNamespaces(policies, (name) => this.covers(name)) : undefined;
  }

  /** Makes the rules for the first time. */
  *beginning(): Steps<void> {
    const namespaces = this.#covered ? this.#policies.existing() : this.#policies.namespaces();
    yield* this.updating({ namespaces: new Set(namespaces), cluster: true });
  }

  /** Brings the rules up to date, a namespace or a rule at a time; true when they changed. */
  *updating({ namespaces, cluster }: Affected): Steps<boolean> {
    const reached = new Set(namespaces);
    let changed = cluster && (yield* this.#updatingCluster(reached));
    changed = this.#covered?.update(namespaces) === true || changed;
    for (const namespace of reached) {
      changed = this.#updateNamespace(namespace) || changed;
      yield;
    }
    if (changed) this.#covered?.forgetSubjects();
    return changed;
  }

  /** Destinations have other ways out than before; true when that changed the rules. */
  *rerouting(): Steps<boolean> {
    if (this.coverage.vantage.type !== 'EgressIP') return false;
    return yield* this.updating({ namespaces: new Set([...this.#namespaces.keys()]), cluster: true });
  }

  /** In order, as a point has them: rules of the point's own bear its name. */
  rulesFor(point: Pick<Origin, 'name' | 'uid' | 'generation'>): readonly Rule[] {
    const names = (this.#names ??= [...this.#namespaces.keys()].sort());
    const rules: Rule[] = [];
    const addAll = (own: readonly Rule[] = none): void => {
      for (const rule of own) rules.push(rule);
    };
    const add = (entry: Entry): void => {
      if ('pass' in entry) for (const name of names) addAll(this.#namespaces.get(name)?.parts.get(entry.pass));
      else rules.push(ownedBy(point, entry));
    };
    this.#admin.forEach(add);
    for (const name of names) addAll(this.#namespaces.get(name)?.main);
    this.#rest.forEach(add);
    return rules;
  }

  /** The groups that the rules name, sorted by id. */
  groups(): readonly AddressGroup[] {
    const [covered, { groups }] = [this.#covered, this.#pods];
    return this.#allNamed().map((group) => {
      const state = groups.stateOf(group);
      return covered ? covered.withSubject(state, group.subject) : state;
    });
  }

  /** Does a rule name this group? */
  names(group: Group): boolean {
    const { namespace } = group.subject;
    const named = namespace === undefined ? this.#clusterGroups : this.#namespaces.get(namespace)?.groups;
    return named?.has(group) === true;
  }

  covers(namespace: string): boolean {
    return this.#coversLabels(this.#policies.labelsOf(namespace));
  }

  /** The namespaces that exist and are covered, sorted; undefined where the point is not told. */
  covered(): readonly string[] | undefined {
    return this.#covered?.names();
  }

  *granted(): Iterable<Granted> {
    const { groups } = this.#pods;
    for (const group of this.#allNamed()) {
      if (group.view.role !== 'Accept') continue;
      const { title } = groups.stateOf(group);
      yield { id: group.id, title, pods: groups.podsOf(group).filter(isLive) };
    }
  }

  *problems(): Iterable<Problem> {
    yield* this.#tiers.problems;
    yield* this.#problems;
    for (const { problems } of this.#namespaces.values()) yield* problems;
  }

  dispose(): void {
    this.#uses.release(this.#allNamed());
    this.#pods.releasePools(poolsOf(this.coverage.vantage));
  }

  /** Adds the namespaces whose rules depend on what changed. */
  *#updatingCluster(reached: Set<string>): Steps<boolean> {
    const { namespaces, defaultAction, clusterNetworks } = this.coverage;
    const policies = [...this.#policies.clusterPolicies()].filter(({ object }) =>
      this.#enforces(object.metadata.labels),
    );
    const { admin, baseline } = orderTiers(namespaces ? policies : [], namespaces ?? []);
    const before = this.#tiers;
    this.#tiers = tierTableOf(admin, baseline, defaultAction);
    this.#reach(changedSubjects(before, this.#tiers), reached);
    const rules = clusterRulesOf(this.#tiers, defaultAction, defaultAction === 'Deny' && clusterNetworks.length > 0);
    const [old, oldGroups, groups] = [[...this.#admin, ...this.#rest], this.#clusterGroups, new CompactSet<Group>()];
    const above: (readonly Entry[])[] = [];
    for (const item of rules.admin) {
      if ('pass' in item) above.push([{ pass: item.pass }], yield* this.#buildingEntries(item.rules, groups));
      else above.push(yield* this.#buildingEntries([item], groups));
    }
    this.#admin = above.flat();
    this.#rest = yield* this.#buildingEntries(rules.rest, groups);
    this.#problems = rules.problems;
    this.#clusterGroups = groups;
    this.#nameOthers(oldGroups, groups);
    this.#uses.release(oldGroups);
    return !same(old, [...this.#admin, ...this.#rest]);
  }

  *#buildingEntries(specs: readonly RuleSpec[], groups: CompactSet<Group>): Steps<readonly Entry[]> {
    const entries: Entry[] = [];
    for (const spec of specs) {
      for (const rule of this.#uses.build([spec], groups)) entries.push({ spec, rule });
      yield;
    }
    return entries;
  }

  #reach(subjects: readonly Subject[], reached: Set<string>): void {
    if (subjects.length === 0) return;
    for (const name of this.#namespaces.keys()) {
      const labels = this.#policies.labelsOf(name);
      if (subjects.some((subject) => localise(subject, name, labels))) reached.add(name);
    }
  }

  #updateNamespace(namespace: string): boolean {
    const old = this.#namespaces.get(namespace);
    const labels = this.#policies.labelsOf(namespace);
    const { policies, problems } = withinQuota(
      this.#policiesIn(namespace, labels),
      labels,
      this.coverage.entriesPerNamespace,
    );
    if (!old && policies.length + problems.length === 0) return false;
    const rules = namespaceRulesOf(policies, labels, this.#tiers);
    const groups = new CompactSet<Group>();
    const before = old && new Map(old.main.map((rule) => [rule.origin, rule]));
    const parts = rules.parts.size === 0 ? noParts : this.#buildParts(rules.parts, groups, before);
    const main = this.#uses.build(rules.main, groups, before);
    const found = problems.length + rules.problems.length === 0 ? none : [...problems, ...rules.problems];
    const built: BuiltNamespace = { parts, main, groups, problems: found };
    this.#nameOthers(old?.groups, groups);
    if (old) this.#uses.release(old.groups);
    const isThere = policies.length + problems.length > 0;
    if (isThere) this.#namespaces.set(namespace, built);
    else this.#namespaces.delete(namespace);
    if (!old || !isThere) this.#names = undefined;
    if (!old) return built.main.length + parts.size > 0;
    return !same(old.main, built.main) || !same([...old.parts.values()].flat(), [...parts.values()].flat());
  }

  #buildParts(
    parts: NamespaceRules['parts'],
    groups: CompactSet<Group>,
    before: ReadonlyMap<Origin, Rule> | undefined,
  ): BuiltNamespace['parts'] {
    return new Map([...parts].map(([pass, specs]) => [pass, this.#uses.build(specs, groups, before)]));
  }

  /** A namespace, or the cluster-wide rules, names other groups than before; nothing else names any of these. */
  #nameOthers(before: CompactSet<Group> | undefined, after: CompactSet<Group>): void {
    if (!this.#named) return;
    const { named, unnamed } = this.#since;
    for (const group of before ?? none) if (!after.has(group) && !named.delete(group)) unnamed.add(group);
    for (const group of after) if (!before?.has(group)) named.add(group);
  }

  /** Sorted anew it takes many times as long as what is sorted already, with a few more. */
  #allNamed(): readonly Group[] {
    const { named, unnamed } = this.#since;
    if (this.#named && named.size + unnamed.size === 0) return this.#named;
    const all = this.#named?.filter((group) => !unnamed.has(group)) ?? this.#ofEachOwner();
    for (const group of named) all.push(group);
    named.clear();
    unnamed.clear();
    return (this.#named = all.sort((a, b) => (a.id < b.id ? -1 : 1)));
  }

  #ofEachOwner(): Group[] {
    const groups = [...this.#clusterGroups];
    for (const built of this.#namespaces.values()) for (const group of built.groups.list()) groups.push(group);
    return groups;
  }

  #policiesIn(namespace: string, labels: Labels): readonly Policy<EgressPolicy>[] {
    if (!this.#coversLabels(labels)) return [];
    const policies = this.#policies.policiesIn(namespace);
    if (this.coverage.policies.length === 0) return policies;
    return policies.filter(({ object }) => this.#enforces(object.metadata.labels));
  }

  #coversLabels(labels: Labels): boolean {
    const { namespaces } = this.coverage;
    return namespaces !== undefined && requirementsMatch(namespaces, labels);
  }

  /** Is a policy with these labels one of the point's? */
  #enforces(labels: Labels): boolean {
    return requirementsMatch(this.coverage.policies, labels);
  }
}

function ownedBy(
  point: Pick<Origin, 'name' | 'uid' | 'generation'>,
  { spec, rule }: Extract<Entry, { rule: Rule }>,
): Rule {
  if (rule.origin.kind !== 'EnforcementPoint') return rule;
  return ruleOf({ ...spec, destination: rule.destination, origin: { ...spec.origin, ...point } }, rule.sources);
}

/** Whose rules look different now: subjects of Admin rules that came or went, or of a Pass that began or ceased to matter. */
function changedSubjects(before: TierTable, after: TierTable): readonly Subject[] {
  return (['admin', 'passes'] as const).flatMap((list) => {
    const [had, have] = [before, after].map((tiers) => new Set(tiers[list].map(({ intent }) => intent)));
    const gone = before[list].filter(({ intent }) => !have?.has(intent));
    return [...gone, ...after[list].filter(({ intent }) => !had?.has(intent))].map(({ subject }) => subject);
  });
}
