import type { Importer } from '../adapter/importer.ts';

/** Readers of policies that are no device's: by the name that `postern import` takes, loaded when asked for. */
export const policyImporters = {
  'network-policy': async (): Promise<Importer> => (await import('./network-policy.ts')).importNetworkPolicies,
  cilium: async (): Promise<Importer> => (await import('./cilium/cilium.ts')).importCiliumPolicies,
  calico: async (): Promise<Importer> => (await import('./calico/calico.ts')).importCalicoPolicies,
  istio: async (): Promise<Importer> => (await import('./istio/istio.ts')).importIstio,
  otterize: async (): Promise<Importer> => (await import('./otterize.ts')).importClientIntents,
  uds: async (): Promise<Importer> => (await import('./uds.ts')).importUdsPackages,
};
