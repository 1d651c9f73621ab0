import { objectCapabilities } from '../../kit/kubernetes/capabilities.ts';
import type { Capabilities } from '../../src/adapter/capabilities.ts';
import type { GatewayRef, IstioConfig } from './config.ts';

/** What is assumed of a mesh before it is probed. */
export const meshCapabilities: Capabilities = { ...objectCapabilities, domainNames: 'wildcard', settleSeconds: 5 };

/**
 * What `probe` learns of a mesh, by the name under which it stands among the choices of the capabilities: `lower` is
 * told of it there.
 */
export const learned = {
  trustDomain: 'trust-domain',
  version: 'istio-version',
  dnsCapture: 'dns-capture',
  otherMode: 'namespaces-in-another-mode',
  provider: 'telemetry-provider',
  podsOutside: 'namespaces-with-pods-outside',
  workloadSidecars: 'sidecars-of-others',
  othersAt: (gateway: GatewayRef): string => `others at ${gateway.namespace}/${gateway.service}`,
  gatewayPorts: (gateway: GatewayRef): string => `ports of ${gateway.namespace}/${gateway.service}`,
} as const;

/** The mesh as far as it is known: configured, else probed, else what is safe to assume. */
export interface MeshFacts {
  readonly trustDomain: string;
  /** `[1, 30]`; the oldest version that all of this works with while nothing is known. */
  readonly version: readonly [number, number];
  readonly dnsCapture: boolean;
  /** Covered namespaces that are not in the mode of the plane. */
  readonly otherMode: ReadonlySet<string>;
  /** Namespaces in which single pods have been taken out of the mesh by a label. */
  readonly podsOutside: readonly string[];
  readonly logs: boolean;
  /** Sidecars of others for some workloads of a namespace, as `namespace/name`. */
  readonly workloadSidecars: readonly string[];
  /** Objects of others at the gateway, `Gateway news/theirs, EnvoyFilter istio-system/tuning`; undefined: none. */
  othersAt(gateway: GatewayRef): string | undefined;
  /** The port on the pods for a port of the Service; undefined: the Service does not expose it. */
  podPort(gateway: GatewayRef, port: number): number | undefined;
}

/** The v1 versions of all kinds that are written here exist since. */
export const oldest = [1, 22] as const;

export function meshFacts(config: IstioConfig, { choices }: Capabilities): MeshFacts {
  const told = (name: string): string | undefined => choices[name]?.value;
  return {
    trustDomain: config.trustDomain ?? told(learned.trustDomain) ?? 'cluster.local',
    version: readVersion(config.istioVersion ?? told(learned.version) ?? '') ?? oldest,
    dnsCapture: config.dnsCapture ?? told(learned.dnsCapture) === 'on',
    otherMode: new Set(told(learned.otherMode)?.split(', ')),
    logs: config.telemetry.enabled && told(learned.provider) !== 'missing',
    podsOutside: told(learned.podsOutside)?.split(', ') ?? [],
    workloadSidecars: told(learned.workloadSidecars)?.split(', ') ?? [],
    othersAt: (gateway) => told(learned.othersAt(gateway)),
    podPort: (gateway, port) => {
      const ports = gateway.ports ?? readPorts(told(learned.gatewayPorts(gateway)));
      return ports === undefined ? port : ports[port];
    },
  };
}

/** `1.30.3` as `[1, 30]`. */
export function readVersion(text: string): readonly [number, number] | undefined {
  const match = /^(\d+)\.(\d+)/.exec(text);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

export function isAtLeast([major, minor]: readonly [number, number], wanted: readonly [number, number]): boolean {
  return major > wanted[0] || (major === wanted[0] && minor >= wanted[1]);
}

/** `80:8080, 443:8443`, as `probe` writes it. */
function readPorts(text: string | undefined): Readonly<Record<number, number>> | undefined {
  if (text === undefined) return undefined;
  const pairs = text.split(', ').map((pair): [string, number] => {
    const [port = '', onPods] = pair.split(':');
    return [port, Number(onPods)];
  });
  return Object.fromEntries(pairs);
}
