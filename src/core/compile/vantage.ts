import type { EnforcementPoint } from '../../api/kinds.ts';
import { aggregate } from '../net/cidr.ts';
import { subjectOf, type Subject } from '../select/subject.ts';
import { fault, readNetworks, readSelector, type Readable } from './readable.ts';

/** Whose addresses a point sees as the source (docs: DESIGN "Vantage"). */
export type Vantage =
  | { readonly type: 'Pod' }
  | { readonly type: 'Node' }
  | { readonly type: 'Static'; readonly networks: readonly string[] }
  | { readonly type: 'EgressGateway'; readonly gateway: Subject };

export function readVantage({ type, networks, gateway }: EnforcementPoint['spec']['vantage']): Readable<Vantage> {
  if (type === 'Pod' || type === 'Node') return { value: { type } };
  if (type === 'Static') {
    const read = readNetworks(networks ?? []);
    if ('fault' in read) return read;
    if (read.value.length === 0) return fault('invalid-vantage', 'vantage Static needs networks');
    return { value: { type, networks: aggregate(read.value) } };
  }
  if (!gateway) return fault('invalid-vantage', 'vantage EgressGateway needs gateway');
  const pods = readSelector(gateway.podSelector);
  if ('fault' in pods) return pods;
  const { namespace } = gateway;
  const subject = pods.value && subjectOf({ namespace, namespaces: [], pods: pods.value, serviceAccounts: undefined });
  return subject
    ? { value: { type, gateway: subject } }
    : fault('invalid-vantage', 'the selector of the gateway contradicts itself');
}

/** Equal for equal vantages. */
export function keyOfVantage(vantage: Vantage): string {
  switch (vantage.type) {
    case 'Pod':
    case 'Node':
      return vantage.type;
    case 'Static':
      return `Static ${vantage.networks.join(',')}`;
    case 'EgressGateway':
      return `EgressGateway ${vantage.gateway.key}`;
  }
}
