import { z } from 'zod';
import { labelSelector, type Selector } from '../../network/kubernetes/objects.ts';
import { list, maybe, text, texts, word } from '../../values/fields.ts';
import { isGoTrue } from '../../../core/text/go-boolean.ts';

/** The mesh-wide settings that decide egress, with Istio's own defaults. */
export interface MeshConfig {
  /** Of every identity: `cluster.local/ns/shop/sa/checkout`. */
  readonly trustDomain: string;
  /** Trust domains whose principals in policies stand for those of the mesh. */
  readonly trustDomainAliases: readonly string[];
  /** Policies and Sidecars here count for the whole mesh. */
  readonly rootNamespace: string;
  /** istiod knows nothing of what is in a namespace that none of them selects; empty: it knows all. */
  readonly discoverySelectors: readonly Selector[];
  /** Last part of the names of Services. */
  readonly domainSuffix: string;
  readonly outboundTrafficPolicy: 'REGISTRY_ONLY' | 'ALLOW_ANY' | 'ALLOW_ANY_DYNAMIC_DNS';
  /** What an object without `exportTo` is exported to. */
  readonly defaultServiceExportTo: readonly string[];
  readonly defaultVirtualServiceExportTo: readonly string[];
  readonly defaultDestinationRuleExportTo: readonly string[];
  /** `ISTIO_META_DNS_CAPTURE`: sidecars answer names themselves. */
  readonly dnsCapture: boolean;
  /** `ISTIO_META_DNS_AUTO_ALLOCATE`: istiod gives a ServiceEntry without addresses one, in versions before 1.25, too. */
  readonly autoAllocates: boolean;
  /** Since 1.31: whether ambient workloads see the ServiceEntries of other namespaces. */
  readonly serviceEntryVisibility: 'PUBLIC' | 'NAMESPACE';
  /** `PILOT_SCOPE_GATEWAY_TO_NAMESPACE`: a Gateway selects pods of its own namespace only. */
  readonly gatewaysSelectTheirNamespace: boolean;
  /** `ENABLE_WILDCARD_HOST_SERVICE_ENTRIES_FOR_TLS`, for waypoints. */
  readonly wildcardTlsAtWaypoints: boolean;
  /** Do proxies speak the TLS of the mesh to pods that know it, without being told to? */
  readonly autoMtls: boolean;
  /** Names of log and metric providers. */
  readonly extensionProviders: readonly string[];
  /** `1.30.3`; empty when unknown, which is then taken to serve every kind. */
  readonly version: string;
}

export const istioDefaults: MeshConfig = {
  trustDomain: 'cluster.local',
  trustDomainAliases: [],
  rootNamespace: 'istio-system',
  discoverySelectors: [],
  domainSuffix: 'cluster.local',
  outboundTrafficPolicy: 'ALLOW_ANY',
  defaultServiceExportTo: ['*'],
  defaultVirtualServiceExportTo: ['*'],
  defaultDestinationRuleExportTo: ['*'],
  dnsCapture: false,
  autoAllocates: false,
  serviceEntryVisibility: 'PUBLIC',
  gatewaysSelectTheirNamespace: false,
  wildcardTlsAtWaypoints: false,
  autoMtls: true,
  extensionProviders: [],
  version: '',
};

const schema = z.object({
  trustDomain: maybe(text),
  trustDomainAliases: maybe(texts),
  rootNamespace: maybe(text),
  discoverySelectors: list(labelSelector),
  outboundTrafficPolicy: maybe(
    z.object({ mode: maybe(word.pipe(z.enum(['REGISTRY_ONLY', 'ALLOW_ANY', 'ALLOW_ANY_DYNAMIC_DNS']))) }),
  ),
  defaultServiceExportTo: maybe(texts),
  defaultVirtualServiceExportTo: maybe(texts),
  defaultDestinationRuleExportTo: maybe(texts),
  serviceEntryVisibility: maybe(z.object({ defaultVisibility: maybe(word.pipe(z.enum(['PUBLIC', 'NAMESPACE']))) })),
  defaultConfig: maybe(z.object({ proxyMetadata: maybe(z.record(text, text)) })),
  enableAutoMtls: maybe(z.boolean()),
  extensionProviders: maybe(z.array(z.object({ name: text }))),
});

/** What of a mesh's settings is not in its MeshConfig: flags of istiod, and its version. */
export type IstiodFacts = Partial<
  Pick<MeshConfig, 'version' | 'domainSuffix' | 'gatewaysSelectTheirNamespace' | 'wildcardTlsAtWaypoints'>
>;

/** Reads a MeshConfig (the parsed `mesh` of the ConfigMap `istio`). Throws a ZodError on a setting of the wrong type. */
export function readMeshConfig(mesh: unknown, istiod: IstiodFacts = {}): MeshConfig {
  const { outboundTrafficPolicy, serviceEntryVisibility, defaultConfig, enableAutoMtls, extensionProviders, ...rest } =
    schema.parse(mesh ?? {});
  const read = {
    ...rest,
    outboundTrafficPolicy: outboundTrafficPolicy?.mode,
    serviceEntryVisibility: serviceEntryVisibility?.defaultVisibility,
    dnsCapture: isGoTrue(defaultConfig?.proxyMetadata?.['ISTIO_META_DNS_CAPTURE']) || undefined,
    autoAllocates: isGoTrue(defaultConfig?.proxyMetadata?.['ISTIO_META_DNS_AUTO_ALLOCATE']) || undefined,
    autoMtls: enableAutoMtls,
    extensionProviders: extensionProviders?.map(({ name }) => name),
    ...istiod,
  };
  const given = Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
  return { ...istioDefaults, ...given };
}

/** What policies may call the trust domain of the mesh: besides its name and its aliases `cluster.local`, which always stands for it. */
export function trustDomainsOf({
  trustDomain,
  trustDomainAliases,
}: Pick<MeshConfig, 'trustDomain' | 'trustDomainAliases'>): readonly string[] {
  return [...new Set([trustDomain, ...trustDomainAliases, 'cluster.local'])];
}

/** Of `1.30.3`; one that is not known is not older. */
export function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [own, next] = version.split('.').map(Number);
  if (own === undefined || next === undefined || Number.isNaN(own) || Number.isNaN(next)) return false;
  return own < major || (own === major && next < minor);
}
