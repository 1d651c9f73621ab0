import type { Adapter } from '../src/adapter/adapter.ts';
import type { AdapterRegistry } from '../src/adapter/registry.ts';
import type { StartSimulator } from '../kit/simulator/simulator.ts';

/** Every kind of enforcement point, loaded when first needed. Adding one is a line here and a folder beside it. */
export const adapters: Readonly<Record<string, () => Promise<Adapter>>> = {
  'aws-network-firewall': async () => (await import('./aws-network-firewall/adapter.ts')).awsNetworkFirewall,
  'azure-firewall': async () => (await import('./azure-firewall/adapter.ts')).azureFirewall,
  'f5-afm': async () => (await import('./f5-afm/adapter.ts')).f5Afm,
  fortigate: async () => (await import('./fortigate/adapter.ts')).fortigate,
  feed: async () => (await import('./feed/adapter.ts')).feed,
  'gcp-firewall': async () => (await import('./gcp-firewall/adapter.ts')).gcpFirewall,
  istio: async () => (await import('./istio/adapter.ts')).istio,
  memory: async () => (await import('./memory/adapter.ts')).createMemoryAdapter(),
  'network-policy': async () => (await import('./network-policy/adapter.ts')).networkPolicy,
  panos: async () => (await import('./panos/adapter.ts')).panos,
};

/** The same as the rest of Postern asks for them. */
export const loadAdapter: AdapterRegistry = async (kind) =>
  Object.hasOwn(adapters, kind) ? adapters[kind]?.() : undefined;

/** Appliances to practise on, by the kind of adapter that speaks to them. */
export const simulators: Readonly<Record<string, () => Promise<StartSimulator>>> = {
  'aws-network-firewall': async () =>
    (await import('./aws-network-firewall/simulator/simulator.ts')).startAwsNetworkFirewall,
  'azure-firewall': async () => (await import('./azure-firewall/simulator/simulator.ts')).startAzureFirewall,
  'f5-afm': async () => (await import('./f5-afm/simulator/simulator.ts')).startF5Afm,
  'feed-consumer': async () => (await import('./feed/simulator/simulator.ts')).startFeedConsumer,
  fortigate: async () => (await import('./fortigate/simulator/simulator.ts')).startFortigate,
  'gcp-firewall': async () => (await import('./gcp-firewall/simulator/simulator.ts')).startGcpFirewall,
  panos: async () => (await import('./panos/simulator/simulator.ts')).startPanos,
};

/** What stands between an enforcement point and devices that fetch by themselves. */
export const servers = {
  feed: async () => ({ ...(await import('./feed/serve/serve.ts')), ...(await import('./feed/serve/export.ts')) }),
} as const;
