import type { GroupSubject, Rule } from '../../src/core/model/desired.ts';
import { canonical } from '../../src/core/model/json.ts';
import { everywhere } from '../../src/net/cidr.ts';
import { NetworkSet } from '../../src/net/network-set.ts';
import { intersectPorts, subtractPorts, type Ports } from '../../src/core/destinations/ports.ts';

/** Networks and the ports on them. */
export interface Reach {
  readonly networks: readonly string[];
  readonly ports: Ports;
}

/** What a rule says by network; undefined when it speaks of names only. */
export function reachOf({ destination, ports }: Rule): Reach | undefined {
  const networks = destination.any ? everywhere : destination.networks;
  return networks.length === 0 ? undefined : { networks, ports };
}

/** `reach` without what is in `taken`, in pieces. */
export function without(reach: Reach, taken: Reach): readonly Reach[] {
  const [own, other] = [NetworkSet.of(reach.networks), NetworkSet.of(taken.networks)];
  const networks = own.intersect(other).networks();
  const ports = intersectPorts(reach.ports, taken.ports);
  if (networks.length === 0 || ports === undefined) return [reach];
  const otherNetworks = own.without(other).networks();
  const otherPorts = subtractPorts(reach.ports, taken.ports);
  return [
    ...(otherNetworks.length > 0 ? [{ networks: otherNetworks, ports: reach.ports }] : []),
    ...(otherPorts ? [{ networks, ports: otherPorts }] : []),
  ];
}

/** Can there be a pod of this namespace in both? False only where that is certain. */
export function mayShare(a: GroupSubject, b: GroupSubject, namespace: string): boolean {
  const accounts = b.serviceAccounts;
  return (
    a.namespaces.includes(namespace) &&
    (a.serviceAccounts === undefined ||
      accounts === undefined ||
      a.serviceAccounts.some((name) => accounts.includes(name)))
  );
}

/** Is every pod of `inner`, in a namespace that both are about, in `outer`? True only where that is certain. */
export function covers(outer: GroupSubject, inner: GroupSubject): boolean {
  const everyPod = canonical(outer.podSelector) === '{}';
  const accounts = outer.serviceAccounts;
  return (
    (everyPod || canonical(outer.podSelector) === canonical(inner.podSelector)) &&
    (accounts === undefined || inner.serviceAccounts?.every((name) => accounts.includes(name)) === true)
  );
}
