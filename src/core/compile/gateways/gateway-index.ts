import type { NetworkSet } from '../../../net/network-set.ts';
import type { GatewayPolicy, Labels, Pod } from '../../model/snapshot.ts';
import type { AddressGroups } from '../pods/address-groups.ts';
import type { Group } from '../pods/followed.ts';
import type { Route } from '../pods/pod-addresses.ts';
import { gatewaySubjects, waysOf, type Way } from './routes.ts';

/** A pod that came to leave through gateways (1), or ceased to (-1). */
export interface RouteChange {
  readonly pod: Pod;
  readonly routes: readonly Route[];
  readonly sign: 1 | -1;
}

/** What pods choose alike. */
interface Choice {
  readonly key: string;
  readonly routes: readonly Route[];
  readonly gateways: readonly Group[];
  readonly users: Set<Pod>;
}

interface Wanted {
  readonly key: string;
  readonly ways: () => readonly Way[];
}

const nothing: Labels = {};
const none: readonly Route[] = [];

/**
 * Who leaves the cluster through which gateways of Calico, as annotations of pods and namespaces choose them. A pod's own
 * policy counts first, then its namespace's, then a pod's own selector, then its namespace's; whoever names policies of which none
 * exists does not get out (https://docs.tigera.io/calico-enterprise/latest/networking/egress/egress-gateway-on-prem, and in
 * that order felix/calc/active_egress_calculator.go). Which of several gateways a pod takes nobody can know: with
 * `maxNextHops` Calico chooses some of them, without it the kernel does for every connection.
 */
export class GatewayIndex {
  readonly #groups: AddressGroups;
  readonly #podsIn: (namespace: string) => Iterable<Pod>;
  /** By name, then by the key of the object: two API groups serve the same policies. */
  readonly #policies = new Map<string, Map<string, GatewayPolicy>>();
  readonly #namespaces = new Map<string, Labels>();
  /** Pods with annotations of their own, by the policy that they name. */
  readonly #naming = new Map<string, Set<Pod>>();
  readonly #choices = new Map<string, Choice>();
  readonly #ofPod = new Map<Pod, Choice>();
  #areas: readonly NetworkSet[] | undefined;
  #rerouted = false;

  constructor(groups: AddressGroups, podsIn: (namespace: string) => Iterable<Pod>) {
    this.#groups = groups;
    this.#podsIn = podsIn;
  }

  of(pod: Pod): readonly Route[] {
    return this.#ofPod.get(pod)?.routes ?? none;
  }

  /** Destinations that some way out is for, each once: those that lie in the same of them are reached in the same ways. */
  areas(): readonly NetworkSet[] {
    return (this.#areas ??= this.#areasNow());
  }

  /** Have the areas changed since this was last asked? */
  takeRerouted(): boolean {
    const rerouted = this.#rerouted;
    this.#rerouted = false;
    return rerouted;
  }

  /** A pod that nobody has been told of yet: what it leaves through is followed from now on. */
  join(pod: Pod): void {
    if (pod.hostNetwork) return;
    const { egressGatewayPolicy: name } = pod.egressGateway ?? nothing;
    if (name !== undefined) this.#naming.set(name, (this.#naming.get(name) ?? new Set()).add(pod));
    this.#choose(pod);
  }

  leave(pod: Pod): void {
    const { egressGatewayPolicy: name = '' } = pod.egressGateway ?? nothing;
    const naming = this.#naming.get(name);
    if (naming?.delete(pod) && naming.size === 0) this.#naming.delete(name);
    this.#forget(pod);
  }

  setNamespace(name: string, annotations: Labels | undefined): readonly RouteChange[] {
    const before = this.#namespaces.get(name);
    if (JSON.stringify(before) === JSON.stringify(annotations)) return [];
    if (annotations) this.#namespaces.set(name, annotations);
    else this.#namespaces.delete(name);
    return this.#settle([...this.#podsIn(name)]);
  }

  setPolicy(key: string, policy: GatewayPolicy): readonly RouteChange[] {
    const ofName = this.#policies.get(policy.name) ?? new Map<string, GatewayPolicy>();
    this.#policies.set(policy.name, ofName.set(key, policy));
    return this.#afterPolicy(policy.name);
  }

  deletePolicy(key: string): readonly RouteChange[] {
    for (const [name, ofName] of this.#policies) {
      if (!ofName.delete(key)) continue;
      if (ofName.size === 0) this.#policies.delete(name);
      return this.#afterPolicy(name);
    }
    return [];
  }

  /** Who leaves through a gateway under one of these addresses. */
  *podsUnder(addresses: ReadonlySet<string>): Iterable<Pod> {
    for (const { gateways, users } of this.#choices.values()) {
      if (gateways.some(({ set }) => set.members().some((member) => addresses.has(member)))) yield* users;
    }
  }

  /** The addresses of pods that are gateways by the word of this pod, which whoever made it wrote. */
  namedBy(pod: Pod): readonly string[] {
    const { selector, namespaceSelector } = pod.egressGateway ?? nothing;
    const choice = this.#ofPod.get(pod);
    if ((selector ?? namespaceSelector) === undefined || !choice?.key.startsWith(bySelector)) return [];
    return choice.gateways.flatMap(({ set }) => set.members());
  }

  #afterPolicy(name: string): readonly RouteChange[] {
    const before = this.areas();
    this.#areas = undefined;
    this.#rerouted ||= textOf(before) !== textOf(this.areas());
    // Whoever has it gets another choice of the same key.
    this.#choices.delete(keyOfPolicy(name));
    const named = [...this.#namespaces].flatMap(([namespace, { egressGatewayPolicy }]) =>
      egressGatewayPolicy === name ? [...this.#podsIn(namespace)] : [],
    );
    return this.#settle([...new Set([...(this.#naming.get(name) ?? []), ...named])]);
  }

  #areasNow(): readonly NetworkSet[] {
    const ways = [...this.#policies.keys()].sort().flatMap((name) => waysOf(this.#policy(name)));
    const areas = ways.flatMap(({ area }) => (area ? [area] : []));
    return [...new Map(areas.map((area) => [area.networks().join(), area])).values()];
  }

  #settle(pods: readonly Pod[]): readonly RouteChange[] {
    return pods.flatMap((pod): readonly RouteChange[] => {
      const before = this.#ofPod.get(pod);
      if (pod.hostNetwork || (before && before === this.#choices.get(this.#wanted(pod)?.key ?? ''))) return [];
      const routes = this.of(pod);
      const after = this.#choose(pod);
      return [{ pod, routes: after, sign: 1 } as const, { pod, routes, sign: -1 } as const].filter(
        (change) => change.routes.length > 0,
      );
    });
  }

  #choose(pod: Pod): readonly Route[] {
    const wanted = this.#wanted(pod);
    const choice = wanted && (this.#choices.get(wanted.key) ?? this.#create(wanted));
    choice?.users.add(pod);
    this.#forget(pod);
    if (choice) this.#ofPod.set(pod, choice);
    return choice?.routes ?? none;
  }

  #create({ key, ways }: Wanted): Choice {
    const routes = ways().map(({ area, gateways }) => ({
      area,
      gateways: gateways.map((one) => this.#groups.acquireGateway(one)),
    }));
    const choice: Choice = { key, routes, gateways: routes.flatMap(({ gateways }) => gateways), users: new Set() };
    this.#choices.set(key, choice);
    return choice;
  }

  #forget(pod: Pod): void {
    const choice = this.#ofPod.get(pod);
    this.#ofPod.delete(pod);
    if (!choice?.users.delete(pod) || choice.users.size > 0) return;
    if (this.#choices.get(choice.key) === choice) this.#choices.delete(choice.key);
    for (const gateway of choice.gateways) this.#groups.releaseGateway(gateway);
  }

  #wanted({ namespace, egressGateway }: Pod): Wanted | undefined {
    const ofNamespace = this.#namespaces.get(namespace);
    if (!egressGateway && !ofNamespace) return undefined;
    const asked = [egressGateway ?? nothing, ofNamespace ?? nothing];
    const named = asked.flatMap(({ egressGatewayPolicy }) => egressGatewayPolicy ?? []);
    const policy = named.find((name) => this.#policies.has(name));
    if (policy !== undefined) return { key: keyOfPolicy(policy), ways: () => waysOf(this.#policy(policy)) };
    if (named.length > 0) return undefined;
    const chosen = asked.find(({ selector, namespaceSelector }) => selector ?? namespaceSelector);
    if (chosen === undefined) return undefined;
    const { selector = '', namespaceSelector = '' } = chosen;
    const home = namespaceSelector === '' ? namespace : undefined;
    const gateways = (): readonly Way[] => [
      { area: undefined, gateways: gatewaySubjects({ selector, namespaceSelector }, home) },
    ];
    return { key: `${bySelector}${JSON.stringify([selector, namespaceSelector, home])}`, ways: gateways };
  }

  #policy(name: string): GatewayPolicy {
    const ofName = [...(this.#policies.get(name) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    return ofName.at(-1)?.[1] ?? { name, rules: [] };
  }
}

const bySelector = 'selector ';

function keyOfPolicy(name: string): string {
  return `policy ${name}`;
}

function textOf(areas: readonly NetworkSet[]): string {
  return areas.map((area) => area.networks().join()).join(' ');
}
