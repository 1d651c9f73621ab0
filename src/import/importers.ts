import type { Importer } from './importer.ts';

/** Readers of other products' policies by the name that `postern import --from` takes, loaded when asked for. */
export const importers: Readonly<Record<string, () => Promise<Importer>>> = {
  ces: async () => (await import('./ces/ces.ts')).importCes,
  'network-policy': async () => (await import('./network-policy.ts')).importNetworkPolicies,
  cilium: async () => (await import('./cilium/cilium.ts')).importCiliumPolicies,
  calico: async () => (await import('./calico/calico.ts')).importCalicoPolicies,
  istio: async () => (await import('./istio/istio.ts')).importIstio,
  otterize: async () => (await import('./otterize.ts')).importClientIntents,
  uds: async () => (await import('./uds.ts')).importUdsPackages,
};
