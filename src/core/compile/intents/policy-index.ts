import type { ClusterEgressPolicy, EgressPolicy, ExternalService } from '../../../api/kinds.ts';
import type { DestinationRef, Governance } from '../../../api/meta.ts';
import type { Problem } from '../../model/problem.ts';
import type { Labels } from '../../model/snapshot.ts';
import { labelsOfNamespace } from '../../select/subject.ts';
import { sameMeaning } from '../changes.ts';
import { Deadlines } from './expiry.ts';
import { parseInstant } from '../../model/instant.ts';
import { fault, type Fault, type Result } from '../inputs/fields.ts';
import { resolveClusterPolicy, resolveEgressPolicy, type Resolved, type ResolveContext } from './resolve.ts';
import { same } from '../same.ts';
import { readService, type PlacedFault, type Service } from '../inputs/external-service.ts';

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

/** Policies, services and namespace labels in; resolved intents out. Changes are noted, and settled together. */
export class PolicyIndex {
  readonly #services = new Map<string, { object: ExternalService; read: { value: Service } | PlacedFault }>();
  readonly #namespaces = new Map<string, Labels>();
  readonly #egressPolicies = new Map<string, EgressPolicy>();
  readonly #clusterPolicies = new Map<string, ClusterEgressPolicy>();
  readonly #local = new Map<string, Map<string, Policy<EgressPolicy>>>();
  readonly #cluster = new Map<string, Policy<ClusterEgressPolicy>>();
  /** Policies that name a service, by the service's name. */
  readonly #users = new Map<string, Set<string>>();
  readonly #deadlines = new Deadlines();
  readonly #stale = new Set<string>();
  #changed = false;
  #namespacesTouched = new Set<string>();
  readonly #around: ResolveContext = {
    find: (name) => this.#find(name),
    lapse: (governance) => this.#lapse(governance),
    labelsOf: (namespace) => this.labelsOf(namespace),
  };

  setService(name: string, object: ExternalService | undefined): void {
    if (sameMeaning(this.#services.get(name)?.object, object)) return;
    if (object) this.#services.set(name, { object, read: readService(object) });
    else this.#services.delete(name);
    this.#deadlines.set(`ExternalService/${name}`, object?.spec.governance?.expiresAt);
    this.#serviceChanged(name);
  }

  setEgressPolicy(key: string, object: EgressPolicy | undefined): void {
    if (this.#follow(`EgressPolicy/${key}`, this.#egressPolicies.get(key), object))
      put(this.#egressPolicies, key, object);
  }

  setClusterPolicy(name: string, object: ClusterEgressPolicy | undefined): void {
    if (this.#follow(`ClusterEgressPolicy/${name}`, this.#clusterPolicies.get(name), object)) {
      put(this.#clusterPolicies, name, object);
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
      const service = /^ExternalService\/(.*)$/.exec(id)?.[1];
      if (service === undefined) this.#markStale(id);
      else this.#serviceChanged(service);
    }
  }

  /** Resolves what is stale; undefined when nothing is. */
  settle(): Affected | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    const namespaces = this.#namespacesTouched;
    let cluster = false;
    for (const id of this.#stale) {
      const slash = id.indexOf('/');
      const key = id.slice(slash + 1);
      if (id.startsWith('Cluster')) {
        cluster = true;
        this.#resolveCluster(key, this.#clusterPolicies.get(key));
      } else namespaces.add(this.#resolveLocal(key, this.#egressPolicies.get(key)));
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
  *existing(): Iterable<string> {
    yield* this.#namespaces.keys();
    for (const name of this.#local.keys()) if (!this.#namespaces.has(name)) yield name;
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
    for (const [name, { object, read }] of this.#services) {
      const subject = `ExternalService/${name}`;
      if ('fault' in read) yield { severity: 'error', subject, field: read.field, ...read.fault };
      const lapse = this.#lapse(object.spec.governance);
      if (lapse) yield { severity: severityOf(lapse), subject, field: 'spec.governance.expiresAt', ...lapse };
    }
  }

  #resolveLocal(key: string, object: EgressPolicy | undefined): string {
    const slash = key.indexOf('/');
    const [namespace, name] = [key.slice(0, slash), key.slice(slash + 1)];
    const policies = this.#local.get(namespace) ?? new Map<string, Policy<EgressPolicy>>();
    if (object) policies.set(name, { object, resolved: resolveEgressPolicy(object, this.#around) });
    else policies.delete(name);
    if (policies.size > 0) this.#local.set(namespace, policies);
    else this.#local.delete(namespace);
    return namespace;
  }

  #resolveCluster(name: string, object: ClusterEgressPolicy | undefined): void {
    if (object) this.#cluster.set(name, { object, resolved: resolveClusterPolicy(object, this.#around) });
    else this.#cluster.delete(name);
  }

  /** Notes what a policy depends on; false: it means what it meant before. */
  #follow(id: string, before: AnyPolicy | undefined, object: AnyPolicy | undefined): boolean {
    if (sameMeaning(before, object)) return false;
    for (const name of before ? servicesOf(before) : []) {
      const users = this.#users.get(name);
      if (users?.delete(id) && users.size === 0) this.#users.delete(name);
    }
    for (const name of object ? servicesOf(object) : []) {
      this.#users.set(name, (this.#users.get(name) ?? new Set()).add(id));
    }
    this.#deadlines.set(id, object?.spec.governance?.expiresAt);
    this.#markStale(id);
    return true;
  }

  #markStale(id: string): void {
    this.#changed = true;
    this.#stale.add(id);
  }

  #serviceChanged(name: string): void {
    this.#changed = true;
    for (const id of this.#users.get(name) ?? []) this.#stale.add(id);
  }

  #find(name: string): Result<Service> {
    const found = this.#services.get(name);
    if (!found)
      return fault('unresolved-reference', `there is no ExternalService ${name}; create it or correct the name`);
    const lapse = this.#lapse(found.object.spec.governance);
    if (lapse) return fault(lapse.code, `ExternalService ${name}: ${lapse.message}`);
    if ('value' in found.read) return found.read;
    return fault('unresolved-reference', `ExternalService ${name} cannot be used: ${found.read.fault.message}`);
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

function severityOf({ code }: Fault): Problem['severity'] {
  return code === 'expired' ? 'warning' : 'error';
}

function servicesOf({ spec }: AnyPolicy): readonly string[] {
  const entries: readonly DestinationRef[] = 'egress' in spec ? spec.egress.flatMap(({ to }) => to) : spec.to;
  return entries.flatMap(({ externalService }) => externalService ?? []);
}
