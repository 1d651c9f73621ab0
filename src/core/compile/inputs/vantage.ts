import type { EnforcementPoint } from '../../../api/kinds.ts';
import { aggregate } from '../../net/network-set.ts';
import { subjectOf, type Subject } from '../../select/subject.ts';
import { fault, readNetworks, readSelector, type Result } from './fields.ts';

/** What a point sees as the source (docs: DESIGN "Vantage"). */
export type Vantage =
  | { readonly type: 'Pod' }
  | { readonly type: 'Node' }
  | { readonly type: 'Identity' }
  | { readonly type: 'Labels' }
  | { readonly type: 'Static'; readonly networks: readonly string[] }
  | { readonly type: 'EgressGateway'; readonly gateway: Subject; readonly seenAs: 'Pod' | 'Node' };

export function readVantage({ type, networks, gateway }: EnforcementPoint['spec']['vantage']): Result<Vantage> {
  if (type !== 'Static' && type !== 'EgressGateway') return { value: { type } };
  if (type === 'Static') {
    const read = readNetworks(networks ?? []);
    if ('fault' in read) return read;
    if (read.value.length === 0) return fault('invalid-vantage', 'vantage Static needs networks');
    return { value: { type, networks: aggregate(read.value) } };
  }
  if (!gateway) return fault('invalid-vantage', 'vantage EgressGateway needs gateway');
  const pods = readSelector(gateway.podSelector);
  if ('fault' in pods) return pods;
  const { namespace, addresses: seenAs = 'Pod' } = gateway;
  const subject = pods.value && subjectOf({ namespace, namespaces: [], pods: pods.value, serviceAccounts: undefined });
  return subject
    ? { value: { type, gateway: subject, seenAs } }
    : fault('invalid-vantage', 'the selector of the gateway contradicts itself');
}

/** Does the point know workloads for what they are, not by an address? Then it is told the selectors and its namespaces. */
export function knowsWorkloads({ type }: Vantage): boolean {
  return type === 'Identity' || type === 'Labels';
}

/** Equal for equal vantages. */
export function keyOfVantage(vantage: Vantage): string {
  switch (vantage.type) {
    case 'Pod':
    case 'Node':
    case 'Identity':
    case 'Labels':
      return vantage.type;
    case 'Static':
      return `Static ${vantage.networks.join(',')}`;
    case 'EgressGateway':
      return `EgressGateway ${vantage.seenAs} ${vantage.gateway.key}`;
  }
}
