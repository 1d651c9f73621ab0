import type { EnforcementPoint } from '../../../api/kinds.ts';
import type { EgressSource } from '../../model/snapshot.ts';
import { aggregate } from '../../../net/network-set.ts';
import { subjectOf, type Subject } from '../../select/subject.ts';
import { fault, readNetworks, readSelector, type Result } from './fields.ts';

/** Addresses that a point says pods leave under. */
export interface Pool extends Pick<EgressSource, 'takes' | 'addresses'> {
  /** Equal for equal pools. */
  readonly key: string;
}

/** A network beside the pod network, and where its addresses lie: what an annotation says beyond that is not believed. */
export interface Network {
  readonly name: string;
  readonly ranges: readonly string[];
}

/** What a point sees as the source (docs: DESIGN "Vantage"). */
export type Vantage =
  | { readonly type: 'Pod'; readonly network?: Network }
  | { readonly type: 'Node' }
  | { readonly type: 'Identity' }
  | { readonly type: 'Labels' }
  | { readonly type: 'Static'; readonly networks: readonly string[] }
  | { readonly type: 'EgressIP'; readonly pools: readonly Pool[] }
  | { readonly type: 'EgressGateway'; readonly gateway: Subject; readonly seenAs: 'Pod' | 'Node' };

type Written = EnforcementPoint['spec']['vantage'];

export function readVantage({ type, networks, gateway, pools, network }: Written): Result<Vantage> {
  switch (type) {
    case 'EgressIP':
      return readPools(pools ?? []);
    case 'EgressGateway':
      return readGateway(gateway);
    case 'Static':
      return readStatic(networks ?? []);
    case 'Pod':
      return network ? readNetwork(network) : { value: { type } };
    default:
      return { value: { type } };
  }
}

function readStatic(networks: readonly string[]): Result<Vantage> {
  const read = readNetworks(networks);
  if ('fault' in read) return read;
  if (read.value.length === 0) return fault('invalid-vantage', 'vantage Static needs networks');
  return { value: { type: 'Static', networks: aggregate(read.value) } };
}

function readNetwork({ name, ranges }: NonNullable<Written['network']>): Result<Vantage> {
  const read = readNetworks(ranges);
  return 'fault' in read ? read : { value: { type: 'Pod', network: { name, ranges: aggregate(read.value) } } };
}

function readGateway(gateway: Written['gateway']): Result<Vantage> {
  if (!gateway) return fault('invalid-vantage', 'vantage EgressGateway needs gateway');
  const pods = readSelector(gateway.podSelector);
  if ('fault' in pods) return pods;
  const { namespace, addresses: seenAs = 'Pod' } = gateway;
  const subject = pods.value && subjectOf({ namespace, namespaces: [], pods: pods.value, serviceAccounts: undefined });
  return subject
    ? { value: { type: 'EgressGateway', gateway: subject, seenAs } }
    : fault('invalid-vantage', 'the selector of the gateway contradicts itself');
}

/** What a point says about addresses is of one form with what objects of the cluster say. */
function readPools(pools: NonNullable<Written['pools']>): Result<Vantage> {
  const read: Pool[] = [];
  for (const pool of pools) {
    const networks = readNetworks(pool.networks);
    if ('fault' in networks) return networks;
    const { namespaceSelector, podSelector } = pool;
    for (const selector of [namespaceSelector, podSelector]) {
      const readable = readSelector(selector);
      if ('fault' in readable) return readable;
    }
    const takes = [{ ...(namespaceSelector && { namespaceSelector }), ...(podSelector && { podSelector }) }];
    const addresses = aggregate(networks.value).map(withoutFullPrefix);
    read.push({ key: `${poolMark}${JSON.stringify([takes, addresses])}`, takes, addresses });
  }
  return { value: { type: 'EgressIP', pools: read } };
}

/** One address is written as an address. */
function withoutFullPrefix(network: string): string {
  return network.replace(network.includes(':') ? /\/128$/ : /\/32$/, '');
}

export function poolsOf(vantage: Vantage): readonly Pool[] {
  return vantage.type === 'EgressIP' ? vantage.pools : [];
}

/** Does the point know workloads for what they are, not by an address? Then it is told the selectors and its namespaces. */
export function knowsWorkloads({ type }: Vantage): boolean {
  return type === 'Identity' || type === 'Labels';
}

/** Equal for equal vantages. */
export function keyOfVantage(vantage: Vantage): string {
  switch (vantage.type) {
    case 'Pod':
      return vantage.network === undefined ? 'Pod' : `Pod ${vantage.network.name} ${vantage.network.ranges.join(',')}`;
    case 'Node':
    case 'Identity':
    case 'Labels':
      return vantage.type;
    case 'EgressIP':
      return ['EgressIP', ...vantage.pools.map(({ key }) => key)].join(' ');
    case 'Static':
      return `Static ${vantage.networks.join(',')}`;
    case 'EgressGateway':
      return `EgressGateway ${vantage.seenAs} ${vantage.gateway.key}`;
  }
}

const poolMark = 'pool ';

/** Is it a point that says so, not an object of the cluster? */
export function isPool(key: string): boolean {
  return key.startsWith(poolMark);
}
