import { startAwsNetworkFirewall } from '../../adapters/aws-network-firewall/simulator/simulator.ts';
import { startAzureFirewall } from '../../adapters/azure-firewall/simulator/simulator.ts';
import { startF5Afm } from '../../adapters/f5-afm/simulator/simulator.ts';
import { startFortigate } from '../../adapters/fortigate/simulator/simulator.ts';
import { startGcpFirewall } from '../../adapters/gcp-firewall/simulator/simulator.ts';
import { startPanos } from '../../adapters/panos/simulator/simulator.ts';
import type { Simulator } from '../../kit/simulator/simulator.ts';
import type { ChaosFeed } from './feed.ts';

/** What a cloud or a commit takes here, so that what goes wrong finds some in progress. */
const slowOperationMs = 300;

const starts: Readonly<Record<string, () => Promise<Simulator>>> = {
  edge: () => startFortigate({ port: 0 }),
  bigip: () => startF5Afm({ port: 0, prepared: true }),
  panos: () => startPanos({ port: 0, commitMs: slowOperationMs }),
  aws: () => startAwsNetworkFirewall({ port: 0 }),
  azure: () => startAzureFirewall({ port: 0, operationMs: slowOperationMs }),
  gcp: () => startGcpFirewall({ port: 0, operationMs: slowOperationMs }),
};

/** One of each kind, and one that fetches, by the name of its enforcement point. */
export const firewallNames: readonly string[] = [...Object.keys(starts), 'feed'];

export async function startFirewalls(feed: ChaosFeed): Promise<ReadonlyMap<string, Simulator>> {
  const started = Object.entries(starts).map(async ([name, start]) => [name, await start()] as const);
  return new Map<string, Simulator>([...(await Promise.all(started)), ['feed', feed]]);
}
