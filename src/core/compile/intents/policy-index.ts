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
import { labelsOfNamespace } from '../../select/subject.ts';
import { sameMeaning } from '../changes.ts';
import type { Fault } from '../inputs/fields.ts';
import { same } from '../same.ts';
import { Deadlines } from './expiry.ts';
import { GoverningIndex } from './governing-index.ts';
import { resolveClusterPolicy, resolveEgressPolicy, type ResolveContext, type Resolved } from './resolve.ts';
import { ServiceIndex } from './service-index.ts';

type AnyPolicy = EgressPolicy | ClusterEgressPolicy;

/** A policy with what it comes to. */
export interface Policy<T extends AnyPolicy> {
  readonly object: T;
  readonly resolved: Resolved;
}

/** Which rules may have changed. */
export interface Affected {
  readonly namespaces: ReadonlySet<string>;
  readonly cluster: boolean;
}

/** Policies, services and namespace labels in; resolved intents out. Changes are noted, and resolved together. */
export class PolicyIndex {
  readonly #namespaces = new Map<string, Labels>();
  readonly #egressPolicies = new Map<string, EgressPolicy>();
  readonly #clusterPolicies = new Map<string, ClusterEgressPolicy>();
  /** Resolved, by namespace and name. */
  readonly #local = new Map<string, Map<string, Policy<EgressPolicy>>>();
  readonly #cluster = new Map<string, Policy<ClusterEgressPolicy>>();
  readonly #governing = new GoverningIndex();
  readonly #deadlines = new Deadlines();
  readonly #services = new ServiceIndex((governance) => this.#lapse(governance));
  readonly #context: ResolveContext = {
    find: (name) => this.#services.find(name),
    lapse: (governance) => this.#lapse(governance),
    labelsOf: (namespace) => this.labelsOf(namespace),
  };
  /** `EgressPolicy/namespace/name` and `ClusterEgressPolicy/name` of policies that have to be resolved again. */
  readonly #stale = new Set<string>();
  /** Services by the id of a policy. */
  readonly #named = new Map<string, readonly string[]>();
  #changed = false;
  #namespacesTouched = new Set<string>();

  setService(name: string, object: ExternalService | undefined): void {
    if (!this.#services.set(name, object)) return;
    this.#deadlines.set(`ExternalService/${name}`, object?.spec.governance?.expiresAt);
    this.#serviceChanged(name);
  }

  setEgressPolicy(key: string, object: EgressPolicy | undefined): void {
    this.#setPolicy(`EgressPolicy/${key}`, this.#egressPolicies, key, object);
  }

  setClusterPolicy(name: string, object: ClusterEgressPolicy | undefined): void {
    this.#setPolicy(`ClusterEgressPolicy/${name}`, this.#clusterPolicies, name, object);
  }

  setDelegation(name: string, object: EgressDelegation | undefined): void {
    if (!this.#governing.setDelegation(name, object)) return;
    for (const key of this.#egressPolicies.keys()) this.#markStale(`EgressPolicy/${key}`);
    this.#changed = true;
  }

  setApproval(key: string, object: EgressApproval | undefined): void {
    for (const policy of this.#governing.setApproval(key, object)) {
      this.#deadlines.set(`EgressPolicy/${policy} approved by ${key}`, object?.spec.until);
      this.#markStale(`EgressPolicy/${policy}`);
    }
  }

  /** False: it has these labels already. */
  setNamespace(name: string, labels: Labels | undefined): boolean {
    if (same(this.#namespaces.get(name), labels)) return false;
    put(this.#namespaces, name, labels);
    this.#changed = true;
    this.#namespacesTouched.add(name);
    for (const key of this.#local.get(name)?.keys() ?? []) this.#stale.add(`EgressPolicy/${name}/${key}`);
    return true;
  }

  /** Moves the clock; what expires or comes to life with it is stale. */
  advance(now: number): void {
    for (const id of this.#deadlines.advance(now)) {
      const [subject = ''] = id.split(' ');
      const service = /^ExternalService\/(.*)$/.exec(subject)?.[1];
      if (service === undefined) this.#markStale(subject);
      else this.#serviceChanged(service);
    }
  }

  /** Resolves what is stale; undefined when nothing has changed. */
  resolveStale(): Affected | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    const namespaces = this.#namespacesTouched;
    let cluster = false;
    for (const id of this.#stale) {
      const [kind, first = '', name] = id.split('/');
      if (kind === 'ClusterEgressPolicy') {
        cluster = true;
        this.#resolveCluster(first);
      } else {
        namespaces.add(first);
        this.#resolveLocal(first, name ?? '');
      }
    }
    this.#stale.clear();
    this.#namespacesTouched = new Set();
    return { namespaces, cluster };
  }

  /** Namespaces that have policies. */
  namespaces(): Iterable<string> {
    return this.#local.keys();
  }

  /** Namespaces that are known to exist: described, or with a policy in them. */
  existing(): Iterable<string> {
    return new Set([...this.#namespaces.keys(), ...this.#local.keys()]);
  }

  exists(namespace: string): boolean {
    return this.#namespaces.has(namespace) || this.#local.has(namespace);
  }

  policiesIn(namespace: string): Iterable<Policy<EgressPolicy>> {
    return this.#local.get(namespace)?.values() ?? [];
  }

  clusterPolicies(): Iterable<Policy<ClusterEgressPolicy>> {
    return this.#cluster.values();
  }

  labelsOf(namespace: string): Labels {
    return labelsOfNamespace(namespace, this.#namespaces.get(namespace));
  }

  /** RFC 3339; when next something expires. */
  nextDeadline(): string | undefined {
    return this.#deadlines.next();
  }

  *problems(): Iterable<Problem> {
    for (const policies of this.#local.values()) for (const { resolved } of policies.values()) yield* resolved.problems;
    for (const { resolved } of this.#cluster.values()) yield* resolved.problems;
    yield* this.#services.problems();
    yield* this.#governing.problems();
  }

  #resolveLocal(namespace: string, name: string): void {
    const object = this.#egressPolicies.get(`${namespace}/${name}`);
    const policies = this.#local.get(namespace) ?? new Map<string, Policy<EgressPolicy>>();
    if (object === undefined) this.#noteKept(`EgressPolicy/${namespace}/${name}`, undefined);
    put(policies, name, object && this.#resolved(object));
    put(this.#local, namespace, policies.size > 0 ? policies : undefined);
  }

  #resolved(policy: EgressPolicy): Policy<EgressPolicy> {
    const { namespace, name } = policy.metadata;
    const governing = this.#governing.of(policy, this.labelsOf(namespace));
    const counting = inForce(policy, governing, (time) => this.#deadlines.hasPassed(time));
    const { policy: object, problems } = counting;
    const id = `EgressPolicy/${namespace}/${name}`;
    // What is in force instead has ends of its own.
    this.#noteKept(id, object === policy ? undefined : object.spec.governance);
    if (object !== policy) this.#follow(id, policy, object);
    const { intents, problems: found } = resolveEgressPolicy(counting, this.#context);
    return { object, resolved: { intents, problems: [...problems, ...found] } };
  }

  #noteKept(id: string, governance: Governance | undefined): void {
    this.#deadlines.set(`${id} kept`, governance?.expiresAt);
    this.#deadlines.set(`${id} kept review`, governance?.reviewBy);
  }

  /** The services that policies name, those of one that waits and of what is in force meanwhile. */
  #follow(id: string, ...policies: readonly AnyPolicy[]): void {
    const services = [...new Set(policies.flatMap(servicesOf))];
    this.#services.follow(id, this.#named.get(id) ?? [], services);
    put(this.#named, id, services.length > 0 ? services : undefined);
  }

  #resolveCluster(name: string): void {
    const object = this.#clusterPolicies.get(name);
    put(this.#cluster, name, object && { object, resolved: resolveClusterPolicy(object, this.#context) });
  }

  #setPolicy<T extends AnyPolicy>(id: string, policies: Map<string, T>, key: string, object: T | undefined): void {
    const before = policies.get(key);
    if (sameMeaning(before, object)) return;
    put(policies, key, object);
    this.#follow(id, ...(object ? [object] : []));
    this.#deadlines.set(id, object?.spec.governance?.expiresAt);
    this.#deadlines.set(`${id} review`, object?.spec.governance?.reviewBy);
    this.#markStale(id);
  }

  #markStale(id: string): void {
    this.#changed = true;
    this.#stale.add(id);
  }

  #serviceChanged(name: string): void {
    this.#changed = true;
    for (const id of this.#services.usersOf(name)) this.#stale.add(id);
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

function put<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function servicesOf({ spec }: AnyPolicy): readonly string[] {
  const entries: readonly DestinationRef[] = 'egress' in spec ? spec.egress.flatMap(({ to }) => to) : spec.to;
  return entries.flatMap(({ externalService }) => externalService ?? []);
}
