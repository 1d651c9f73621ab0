import type {
  ClusterEgressPolicy,
  EgressApproval,
  EgressDelegation,
  EgressPolicy,
  ExternalService,
} from '../../../api/kinds.ts';
import type { DestinationRef } from '../../../api/fields/destination.ts';
import type { Governance } from '../../../api/meta.ts';
import { inForce } from '../../approval/in-force.ts';
import { parseInstant } from '../../time/instant.ts';
import type { Problem } from '../../../api/problem.ts';
import type { Labels } from '../../model/snapshot.ts';
import { Pace, type Steps } from '../../model/steps.ts';
import { NamedSet } from '../../select/named-set.ts';
import { labelsOfNamespace } from '../../select/subject.ts';
import { partsOfKey, sameMeaning } from '../changes.ts';
import { readInline } from '../inputs/external-service.ts';
import type { Fault } from '../inputs/fields.ts';
import { Readings } from '../inputs/readings.ts';
import { same } from '../same.ts';
import { Deadlines } from './expiry.ts';
import { GoverningIndex } from './governing-index.ts';
import {
  endsOf,
  entriesOf,
  idOf,
  knownPolicy,
  type AnyPolicy,
  type KnownCluster,
  type KnownLocal,
  type KnownPolicy,
  type Policy,
} from './policy.ts';
import { resolveClusterPolicy, resolveEgressPolicy, type ResolveContext } from './resolve.ts';
import { ServiceIndex } from './service-index.ts';

/** Which rules may have changed. */
export interface Affected {
  readonly namespaces: ReadonlySet<string>;
  readonly cluster: boolean;
}

/** Of so many each may have as many networks as the schema lets it, and all are soon read. */
const fewEntries = 16;

/** Policies, services and namespace labels in; resolved intents out. Changes are noted, and resolved together. */
export class PolicyIndex {
  readonly #namespaces = new Map<string, Labels>();
  /** By namespace; none of them empty. */
  readonly #egressPolicies = new Map<string, NamedSet<KnownLocal>>();
  readonly #clusterPolicies = new NamedSet<KnownCluster>();
  readonly #governing = new GoverningIndex();
  readonly #deadlines = new Deadlines();
  readonly #services = new ServiceIndex<KnownPolicy>((governance) => this.#lapse(governance));
  /** Those that have to be resolved again, and some that are gone. */
  #stale: KnownPolicy[] = [];
  /** What else has changed since policies were resolved. */
  #touched = { any: false, cluster: false, namespaces: new Set<string>() };

  setService(name: string, object: ExternalService | undefined): void {
    if (!this.#services.set(name, object)) return;
    this.#deadlines.set(`ExternalService/${name}`, object?.spec.governance?.expiresAt);
    this.#serviceChanged(name);
  }

  setEgressPolicy(key: string, object: EgressPolicy | undefined): void {
    const { namespace, name } = object?.metadata ?? partsOfKey(key);
    const policies = this.#egressPolicies.get(namespace) ?? new NamedSet();
    const known = policies.get(name) ?? (object && knownPolicy('EgressPolicy', namespace, name, object));
    if (!known || !this.#setPolicy(policies, known, object)) return;
    if (policies.size < 2) put(this.#egressPolicies, namespace, policies.size > 0 ? policies : undefined);
    if (!object) this.#touched.namespaces.add(namespace);
  }

  setClusterPolicy(name: string, object: ClusterEgressPolicy | undefined): void {
    const known = this.#clusterPolicies.get(name) ?? (object && knownPolicy('ClusterEgressPolicy', '', name, object));
    if (known && this.#setPolicy(this.#clusterPolicies, known, object) && !object) this.#touched.cluster = true;
  }

  setDelegation(name: string, object: EgressDelegation | undefined): void {
    if (!this.#governing.setDelegation(name, object)) return;
    for (const policies of this.#egressPolicies.values()) this.#markStale(policies);
    this.#touched.any = true;
  }

  setApproval(key: string, object: EgressApproval | undefined): void {
    for (const policy of this.#governing.setApproval(key, object)) {
      this.#deadlines.set(`EgressPolicy/${policy} approved by ${key}`, object?.spec.until);
      this.#markStale(this.#withId(`EgressPolicy/${policy}`));
    }
  }

  /** False: it has these labels already. */
  setNamespace(name: string, labels: Labels | undefined): boolean {
    if (same(this.#namespaces.get(name), labels)) return false;
    put(this.#namespaces, name, labels);
    this.#touched.any = true;
    this.#touched.namespaces.add(name);
    this.#markStale(this.#egressPolicies.get(name) ?? []);
    return true;
  }

  /** Moves the clock; what expires or comes to life with it is stale. */
  advance(now: number): void {
    for (const id of this.#deadlines.advance(now)) {
      const [subject = ''] = id.split(' ');
      const service = /^ExternalService\/(.*)$/.exec(subject)?.[1];
      if (service === undefined) this.#markStale(this.#withId(subject));
      else this.#serviceChanged(service);
    }
  }

  /** Resolves what is stale, a few policies at a time, and a long one an entry at a time; undefined when nothing has changed. */
  *resolvingStale(): Steps<Affected | undefined> {
    const { any, cluster, namespaces } = this.#touched;
    if (!any) return undefined;
    const context = this.#context(new Readings());
    const pace = new Pace();
    for (const policy of this.#stale) {
      if (!policy.isStale) continue;
      const entries = entriesOf(policy.written);
      if (entries.length > fewEntries) yield* readingAhead(entries, context.readings);
      policy.isStale = false;
      if (policy.kind === 'EgressPolicy') this.#resolveLocal(policy, context);
      else {
        this.#setEnds(policy, endsOf(policy.written.spec.governance));
        policy.resolved = resolveClusterPolicy(policy.written, context);
      }
      if (pace.isDue(Math.max(1, entries.length))) yield;
    }
    this.#stale = [];
    this.#touched = { any: false, cluster: false, namespaces: new Set() };
    return { namespaces, cluster };
  }

  /** Namespaces that have policies. */
  namespaces(): Iterable<string> {
    return this.#egressPolicies.keys();
  }

  /** Namespaces that are known to exist: described, or with a policy in them. */
  existing(): Iterable<string> {
    return new Set([...this.#namespaces.keys(), ...this.#egressPolicies.keys()]);
  }

  exists(namespace: string): boolean {
    return this.#namespaces.has(namespace) || this.#egressPolicies.has(namespace);
  }

  policiesIn(namespace: string): readonly Policy<EgressPolicy>[] {
    return this.#egressPolicies.get(namespace)?.list() ?? [];
  }

  clusterPolicies(): Iterable<Policy<ClusterEgressPolicy>> {
    return this.#clusterPolicies;
  }

  labelsOf(namespace: string): Labels {
    return labelsOfNamespace(namespace, this.#namespaces.get(namespace));
  }

  /** The generation by which an EgressApproval, `namespace/name`, is over; undefined: it is not. */
  supersededBy(approval: string): number | undefined {
    return this.#governing.supersededBy(approval);
  }

  /** RFC 3339; when next something expires. */
  nextDeadline(): string | undefined {
    return this.#deadlines.next();
  }

  *problems(): Iterable<Problem> {
    for (const policies of [...this.#egressPolicies.values(), this.#clusterPolicies]) {
      for (const { resolved } of policies) yield* resolved.problems;
    }
    yield* this.#services.problems();
    yield* this.#governing.problems();
  }

  /** What policies that are resolved together are resolved against. */
  #context(readings: Readings): ResolveContext {
    return {
      find: (name) => this.#services.find(name),
      readings,
      lapse: (governance) => this.#lapse(governance),
      labelsOf: (namespace) => this.labelsOf(namespace),
    };
  }

  #resolveLocal(known: KnownLocal, context: ResolveContext): void {
    const { written } = known;
    const governing = this.#governing.of(known, context.labelsOf);
    const counting = inForce(written, governing, (time) => this.#deadlines.hasPassed(time));
    const { policy: object, problems, supersedes } = counting;
    for (const [approval, generation] of supersedes) this.#governing.supersede(approval, generation);
    // What is in force instead has ends of its own.
    const ends = endsOf(written.spec.governance);
    this.#setEnds(known, object === written ? ends : [...ends, ...endsOf(object.spec.governance)]);
    if (object !== known.object) {
      this.#unfollowServices(known, known.object);
      this.#followServices(known, written);
      this.#followServices(known, object);
    }
    const resolved = resolveEgressPolicy(counting, context);
    known.object = object;
    known.resolved = problems.length === 0 ? resolved : { ...resolved, problems: [...problems, ...resolved.problems] };
  }

  /** @returns whether it means something else than before */
  #setPolicy<K extends KnownPolicy>(policies: NamedSet<K>, known: K, object: K['written'] | undefined): boolean {
    const before = policies.get(known.name);
    if (sameMeaning(before?.written, object)) return false;
    this.#touched.any = true;
    if (before) {
      this.#unfollowServices(known, before.written);
      this.#unfollowServices(known, before.object);
    }
    if (object) {
      this.#followServices(known, object);
      policies.set(known);
      known.written = object;
      known.object = object;
      this.#markStale([known]);
    } else {
      policies.delete(known.name);
      known.isStale = false;
      this.#setEnds(known, []);
    }
    return true;
  }

  /** @param version what is written of the policy, or what is in force of it while that waits for an approval */
  #followServices(known: KnownPolicy, version: AnyPolicy): void {
    for (const { externalService } of entriesOf(version))
      if (externalService !== undefined) this.#services.addUser(externalService, known);
  }

  /** The names are read again from the version that was followed: to keep a list of them for each policy would take much memory. */
  #unfollowServices(known: KnownPolicy, version: AnyPolicy): void {
    for (const { externalService } of entriesOf(version))
      if (externalService !== undefined) this.#services.deleteUser(externalService, known);
  }

  #setEnds(known: KnownPolicy, ends: readonly string[]): void {
    if (ends.length === 0 && !known.hasEnds) return;
    known.hasEnds = ends.length > 0;
    this.#deadlines.set(idOf(known), ...ends);
  }

  #markStale(policies: Iterable<KnownPolicy>): void {
    for (const known of policies) {
      if (known.isStale) continue;
      known.isStale = true;
      this.#stale.push(known);
      this.#touched.any = true;
      if (known.kind === 'EgressPolicy') this.#touched.namespaces.add(known.namespace);
      else this.#touched.cluster = true;
    }
  }

  /** @param id `EgressPolicy/namespace/name` or `ClusterEgressPolicy/name` of what may no longer be there */
  #withId(id: string): readonly KnownPolicy[] {
    const key = id.slice(id.indexOf('/') + 1);
    const { namespace, name } = partsOfKey(key);
    const known = id.startsWith('EgressPolicy')
      ? this.#egressPolicies.get(namespace)?.get(name)
      : this.#clusterPolicies.get(key);
    return known ? [known] : [];
  }

  #serviceChanged(name: string): void {
    this.#touched.any = true;
    this.#markStale(this.#services.usersOf(name));
  }

  #lapse(governance: Governance | undefined): Fault | undefined {
    const at = governance?.expiresAt;
    if (at === undefined) return undefined;
    if (parseInstant(at) === undefined) {
      return { code: 'invalid-expiry', message: `expiresAt ${JSON.stringify(at)} is not an RFC 3339 time; correct it` };
    }
    if (!this.#deadlines.hasPassed(at)) return undefined;
    return { code: 'expired', message: `expired at ${at}; renew expiresAt, or delete it` };
  }
}

/** Reads the destinations of entries, so that nothing is left to be read when these are resolved. */
function* readingAhead(entries: readonly DestinationRef[], readings: Readings): Steps<void> {
  for (const entry of entries) {
    readInline(entry, readings);
    yield;
  }
}

function put<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
