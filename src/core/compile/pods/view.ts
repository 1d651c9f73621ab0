import type { AddressGroup } from '../../model/desired.ts';
import { NetworkSet } from '../../../net/network-set.ts';
import { subjectTitle, type Subject } from '../../select/subject.ts';
import { digest } from '../../text/digest.ts';
import { isPool, keyOfVantage, type Vantage } from '../inputs/vantage.ts';
import type { Group, View, ViewSpec } from './followed.ts';
import { addressesOn, CountedMembers, outsideOf, SharedMembers, type Brought, type MemberSet } from './member-set.ts';
import type { PodAddresses } from './pod-addresses.ts';
import { RoutedMembers } from './routed-members.ts';

export const nowhere: readonly string[] = [];

export function viewOf(spec: ViewSpec, gateway: Group | undefined): View {
  return { ...spec, newSet: setsFor(spec, gateway), gateway, groups: new Map(), users: 0 };
}

/** What leaves through a gateway goes on leaving through the pods of it that drain, as long as they are there. */
export function viewOfGateway({ seenAs }: Pick<Extract<Vantage, { type: 'EgressGateway' }>, 'seenAs'>): ViewSpec {
  return { role: 'Deny', vantage: { type: seenAs }, graceSeconds: Infinity, networks: nowhere };
}

/** Equal for equal views; with the key of a subject it says which group it is. */
export function keyOfView({ role, vantage, graceSeconds, networks, toward }: ViewSpec, subject = ''): string {
  const around = networks.length > 0 ? `\nnetworks\n${networks.join(',')}` : '';
  const kept = isLimited(graceSeconds) ? `\nkept ${graceSeconds}` : '';
  const where = toward ? `\ntoward ${toward.join(',')}` : '';
  return `${role}\n${keyOfVantage(vantage)}\n${subject}${around}${kept}${where}`;
}

export function idOf(view: View, subject: Subject): string {
  return digest(keyOfView(view, subject.key));
}

/** What is told of a group, with these of its pods. */
export function stateOf({ id, view, subject, state }: Group, seen: readonly string[]): AddressGroup {
  return { id, role: view.role, title: state?.title ?? titleOf(view, subject), members: membersOf(view, seen) };
}

function membersOf({ networks }: ViewSpec, seen: readonly string[]): readonly string[] {
  return networks.length === 0 ? seen : seen.length === 0 ? networks : [...networks, ...seen].sort();
}

/** Other than what is usual: nothing in groups that accept, until the pod is gone in those that deny. */
function isLimited(graceSeconds: number): boolean {
  return graceSeconds > 0 && graceSeconds < Infinity;
}

function titleOf({ vantage, graceSeconds, networks, toward }: ViewSpec, subject: Subject): string {
  if (networks.length > 0) return 'networks of the cluster';
  const kept = isLimited(graceSeconds) ? `, kept ${graceSeconds} s while they terminate` : '';
  return titleAt(vantage, subjectTitle(subject)) + towardText(toward) + kept;
}

function towardText(toward: readonly string[] | undefined): string {
  if (toward === undefined) return '';
  const [first, ...others] = toward;
  if (first === undefined) return ' elsewhere';
  return ` toward ${first}${others.length > 0 ? ` and ${others.length} more` : ''}`;
}

function titleAt(vantage: Vantage, title: string): string {
  switch (vantage.type) {
    case 'Pod':
      return vantage.network === undefined ? title : `${title} on network ${vantage.network.name}`;
    case 'Node':
      return `nodes of ${title}`;
    case 'Static':
      return `${title}, behind static addresses`;
    case 'EgressIP':
      return `egress addresses of ${title}`;
    case 'EgressGateway':
      return `gateway of ${title}`;
    default:
      return title;
  }
}

/** Makes the sets of a view: what they have in common is made once, as there are very many. */
function setsFor({ vantage, networks, toward }: ViewSpec, gateway: Group | undefined): () => MemberSet {
  const outside = outsideOf(networks);
  if (vantage.type === 'Static') {
    const seen = outside(vantage.networks);
    return () => new SharedMembers(() => seen);
  }
  if (vantage.type === 'EgressGateway') {
    const seen = once(outside);
    const behind = (): readonly string[] => seen(gateway?.set.members() ?? nowhere);
    return () => new SharedMembers(behind);
  }
  const bring = broughtAt(vantage);
  const brought: Brought = networks.length === 0 ? bring : (pod) => outside(bring(pod));
  if (vantage.type !== 'EgressIP') return () => new CountedMembers(brought);
  const there = toward && NetworkSet.of(toward);
  return () => new RoutedMembers(brought, there, outside);
}

/** Remembers the last answer: the same list gives the same list. */
function once(filter: (list: readonly string[]) => readonly string[]): (list: readonly string[]) => readonly string[] {
  let last = { list: nowhere, filtered: nowhere };
  return (list) => {
    if (list !== last.list) last = { list, filtered: filter(list) };
    return last.filtered;
  };
}

function broughtAt(vantage: Exclude<Vantage, { type: 'Static' | 'EgressGateway' }>): Brought {
  switch (vantage.type) {
    case 'Pod':
      return vantage.network ? addressesOn(vantage.network) : ({ own }) => own;
    case 'Node':
      return ({ node }) => node;
    case 'Identity':
      return ({ identity }) => identity;
    case 'Labels':
      return () => nowhere;
    case 'EgressIP':
      return egressAddressesAt(vantage);
  }
}

/** Those that objects of the cluster give a pod, and those of the pools that this point knows. */
function egressAddressesAt({
  pools,
}: Extract<Vantage, { type: 'EgressIP' }>): (pod: PodAddresses) => readonly string[] {
  const known = new Set(pools.map(({ key }) => key));
  return ({ egress }) => egress.flatMap(({ key, addresses }) => (known.has(key) || !isPool(key) ? addresses : nowhere));
}
