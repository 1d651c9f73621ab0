import type { EgressPolicy } from '../../../api/kinds.ts';
import type { AddressGroup, GroupSubject, Origin, Rule } from '../../model/desired.ts';
import type { Problem } from '../../model/problem.ts';
import { requirementsMatch } from '../../select/requirements.ts';
import { everyone, localise, toldSubject, type Subject } from '../../select/subject.ts';
import { namespaceRulesOf } from '../tiers/namespace-rules.ts';
import type { Coverage } from '../inputs/coverage.ts';
import type { AddressGroups, GroupSpec } from './address-groups.ts';
import type { RuleSpec, Intent } from '../intents/intent.ts';
import type { Affected, PolicyIndex, Policy } from '../intents/policy-index.ts';
import { tierTableOf, type TierTable } from '../tiers/tier-table.ts';
import type { Granted } from './over-grants.ts';
import { clusterRulesOf } from '../tiers/cluster-rules.ts';
import { orderTiers } from '../tiers/order.ts';
import { ruleOf } from './rule.ts';
import { same } from '../same.ts';
import { knowsWorkloads } from '../inputs/vantage.ts';

/** A draft that holds its group. */
interface Built {
  readonly draft: RuleSpec;
  readonly rule: Rule;
}

interface BuiltSlot {
  readonly pass: Intent;
  readonly rules: readonly Built[];
}

interface BuiltProgram {
  readonly admin: readonly (Built | BuiltSlot)[];
  readonly rest: readonly Built[];
  readonly problems: readonly Problem[];
}

interface BuiltBlock {
  readonly parts: ReadonlyMap<Intent, readonly Rule[]>;
  readonly main: readonly Rule[];
  readonly problems: readonly Problem[];
}

/** Most namespaces have nothing in place of a Pass, and share this. */
const noParts: ReadonlyMap<Intent, readonly Rule[]> = new Map();

/** The rules of all points with the same coverage: one block per namespace, and the cluster-wide program around them. */
export class RuleTable {
  readonly coverage: Coverage;
  readonly #intents: PolicyIndex;
  readonly #groups: AddressGroups<RuleTable>;
  readonly #blocks = new Map<string, BuiltBlock>();
  /** How many rules name a group. */
  readonly #uses = new Map<string, number>();
  /** Kept only for points that know workloads. */
  readonly #covered = new Set<string>();
  /** Whom groups are for, as such points are told; forgotten with every change. */
  readonly #subjects = new Map<string, GroupSubject>();
  #layer: TierTable;
  #program: BuiltProgram = { admin: [], rest: [], problems: [] };
  #namespaces: readonly string[] | undefined;
  #groupIds: readonly string[] | undefined;

  constructor(coverage: Coverage, intents: PolicyIndex, groups: AddressGroups<RuleTable>) {
    this.coverage = coverage;
    this.#intents = intents;
    this.#groups = groups;
    this.#layer = tierTableOf([], [], coverage.defaultAction);
    const named = knowsWorkloads(coverage.vantage);
    this.update({ namespaces: new Set(named ? intents.existing() : intents.namespaces()), cluster: true });
  }

  /** Brings the rules up to date; true when they changed. */
  update({ namespaces, cluster }: Affected): boolean {
    const reached = new Set(namespaces);
    let changed = cluster && this.#updateProgram(reached);
    if (knowsWorkloads(this.coverage.vantage)) changed = this.#updateCovered(namespaces) || changed;
    for (const namespace of reached) changed = this.#updateBlock(namespace) || changed;
    if (changed) {
      this.#groupIds = undefined;
      this.#subjects.clear();
    }
    return changed;
  }

  /** In order, as a point has them: rules of the point's own bear its name. */
  rulesFor(point: Pick<Origin, 'name' | 'uid' | 'generation'>): readonly Rule[] {
    const rules: Rule[] = [];
    const add = ({ draft, rule }: Built): void => {
      const own = rule.origin.kind === 'EnforcementPoint';
      rules.push(own ? ruleOf({ ...draft, origin: { ...draft.origin, ...point } }, rule.sources) : rule);
    };
    this.#namespaces ??= [...this.#blocks.keys()].sort();
    for (const item of this.#program.admin) {
      if (!('pass' in item)) add(item);
      else {
        for (const name of this.#namespaces) rules.push(...(this.#blocks.get(name)?.parts.get(item.pass) ?? []));
        item.rules.forEach(add);
      }
    }
    for (const name of this.#namespaces) rules.push(...(this.#blocks.get(name)?.main ?? []));
    this.#program.rest.forEach(add);
    return rules;
  }

  /** The groups that the rules name, sorted by id. */
  groups(): readonly AddressGroup[] {
    this.#groupIds ??= [...this.#uses.keys()].sort();
    const groups = this.#groupIds.flatMap((id) => this.#groups.get(id) ?? []);
    return knowsWorkloads(this.coverage.vantage) ? groups.map((group) => this.#told(group)) : groups;
  }

  /** Does a rule name this group? */
  names(group: string): boolean {
    return this.#uses.has(group);
  }

  covers(namespace: string): boolean {
    const { namespaces } = this.coverage;
    return namespaces !== undefined && requirementsMatch(namespaces, this.#intents.labelsOf(namespace));
  }

  /** The namespaces that exist and are covered, sorted; undefined where the point is not told. */
  covered(): readonly string[] | undefined {
    return knowsWorkloads(this.coverage.vantage) ? [...this.#covered].sort() : undefined;
  }

  granted(): readonly Granted[] {
    return this.groups().flatMap(({ id, role, title }) => {
      const pods = this.#groups.podsOf(id);
      return pods && role === 'Accept' ? [{ id, title, pods }] : [];
    });
  }

  *problems(): Iterable<Problem> {
    yield* this.#layer.problems;
    yield* this.#program.problems;
    for (const { problems } of this.#blocks.values()) yield* problems;
  }

  dispose(): void {
    for (const id of this.#uses.keys()) this.#groups.release(id, this);
    this.#uses.clear();
  }

  #updateCovered(touched: ReadonlySet<string>): boolean {
    let changed = false;
    for (const name of touched) {
      const covered = this.#intents.exists(name) && this.covers(name);
      // A namespace with other labels may be selected by other rules.
      changed ||= covered || this.#covered.has(name);
      if (covered) this.#covered.add(name);
      else this.#covered.delete(name);
    }
    return changed;
  }

  #told(group: AddressGroup): AddressGroup {
    const known = this.#subjects.get(group.id);
    if (known) return { ...group, subject: known };
    const subject = this.#groups.subjectOf(group.id);
    if (!subject) return group;
    const told = { ...toldSubject(subject), namespaces: this.#namespacesOf(subject) };
    this.#subjects.set(group.id, told);
    return { ...group, subject: told };
  }

  #namespacesOf(subject: Subject): readonly string[] {
    const { namespace } = subject;
    if (namespace !== undefined) return this.#covered.has(namespace) ? [namespace] : [];
    return [...this.#covered].filter((name) => localise(subject, name, this.#intents.labelsOf(name))).sort();
  }

  /** Adds the namespaces whose blocks depend on what changed. */
  #updateProgram(reached: Set<string>): boolean {
    const { namespaces, defaultAction, clusterNetworks } = this.coverage;
    const policies = [...this.#intents.clusterPolicies()].filter(({ object }) => this.#selects(object.metadata.labels));
    const before = this.#layer;
    const { admin, baseline } = orderTiers(namespaces ? policies : [], namespaces ?? []);
    this.#layer = tierTableOf(admin, baseline, defaultAction);
    this.#reach(changedSubjects(before, this.#layer), reached);
    const sweep = defaultAction === 'Deny' && clusterNetworks.length > 0;
    const { problems, ...program } = clusterRulesOf(this.#layer, defaultAction, sweep);
    const old = this.#program;
    this.#program = {
      problems,
      admin: program.admin.map((item) =>
        'pass' in item ? { pass: item.pass, rules: item.rules.map((draft) => this.#build(draft)) } : this.#build(item),
      ),
      rest: program.rest.map((draft) => this.#build(draft)),
    };
    for (const { rule } of builtIn(old)) this.#release(rule);
    return !same({ ...old, problems }, this.#program);
  }

  #reach(subjects: readonly Subject[], reached: Set<string>): void {
    if (subjects.length === 0) return;
    for (const name of this.#blocks.keys()) {
      const labels = this.#intents.labelsOf(name);
      if (subjects.some((subject) => localise(subject, name, labels))) reached.add(name);
    }
  }

  #updateBlock(namespace: string): boolean {
    const labels = this.#intents.labelsOf(namespace);
    const policies: Policy<EgressPolicy>[] = [];
    for (const policy of this.covers(namespace) ? this.#intents.policiesIn(namespace) : []) {
      if (this.#selects(policy.object.metadata.labels)) policies.push(policy);
    }
    const old = this.#blocks.get(namespace);
    if (!old && policies.length === 0) return false;
    const { parts, main, problems } = namespaceRulesOf(policies, labels, this.#layer);
    const built: BuiltBlock = {
      parts:
        parts.size === 0
          ? noParts
          : new Map([...parts].map(([pass, drafts]) => [pass, drafts.map((draft) => this.#build(draft).rule)])),
      main: main.map((draft) => this.#build(draft).rule),
      problems,
    };
    for (const rule of old ? rulesIn(old) : []) this.#release(rule);
    if (policies.length > 0) this.#blocks.set(namespace, built);
    else this.#blocks.delete(namespace);
    if (!old || policies.length === 0) this.#namespaces = undefined;
    return old ? !same(rulesIn(old), rulesIn(built)) : built.main.length > 0 || built.parts.size > 0;
  }

  #selects(labels: Readonly<Record<string, string>>): boolean {
    return requirementsMatch(this.coverage.policies, labels);
  }

  #build(draft: RuleSpec): Built {
    const id = this.#groups.acquire(this.#sourceOf(draft), draft.action, this);
    this.#uses.set(id, (this.#uses.get(id) ?? 0) + 1);
    return { draft, rule: ruleOf(draft, [id]) };
  }

  /**
   * A Deny for everybody is said by network where that is possible, so that it holds for an address nobody has seen yet.
   * What was seen outside of these networks is denied beside them: whoever wrote them down may have forgotten some.
   */
  #sourceOf({ action, subject }: RuleSpec): GroupSpec {
    const { vantage, clusterNetworks } = this.coverage;
    const byNetwork = action === 'Deny' && subject.key === everyone.key && clusterNetworks.length > 0;
    return byNetwork ? { subject, vantage, networks: clusterNetworks } : { subject, vantage };
  }

  #release({ sources }: Rule): void {
    for (const id of sources) {
      const count = this.#uses.get(id) ?? 0;
      if (count > 1) this.#uses.set(id, count - 1);
      else {
        this.#uses.delete(id);
        this.#groups.release(id, this);
      }
    }
  }
}

function* builtIn({ admin, rest }: BuiltProgram): Iterable<Built> {
  for (const item of admin) {
    if ('pass' in item) yield* item.rules;
    else yield item;
  }
  yield* rest;
}

function rulesIn({ parts, main }: BuiltBlock): readonly Rule[] {
  return [...[...parts.values()].flat(), ...main];
}

/** Whose blocks look different now: subjects of Admin rules that came or went, or of a Pass that began or ceased to matter. */
function changedSubjects(before: TierTable, after: TierTable): readonly Subject[] {
  const lists = [
    [before.admin, after.admin],
    [before.passes, after.passes],
  ] as const;
  return lists.flatMap(([old, now]) => {
    const [had, have] = [old, now].map((list) => new Set(list.map(({ intent }) => intent)));
    return [...old.filter(({ intent }) => !have?.has(intent)), ...now.filter(({ intent }) => !had?.has(intent))].map(
      ({ subject }) => subject,
    );
  });
}
