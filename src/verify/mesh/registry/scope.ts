import { grouped } from '../../../core/model/grouped.ts';
import type { Labels } from '../../../core/model/snapshot.ts';
import type { MeshClient } from '../answer.ts';
import { hostPatternsOverlap, splitHost } from './host.ts';
import type { MeshSnapshot } from '../objects/snapshot.ts';
import type { MeshConfig } from '../objects/config.ts';
import type { Sidecar } from '../objects/traffic.ts';
import { ageUnknown, byAge } from './age.ts';

/** What a sidecar proxy is told of the mesh. */
export interface Scope {
  /** The Sidecar in force; empty when there is none. */
  readonly object: string;
  readonly outbound: MeshConfig['outboundTrafficPolicy'];
  /** The object that sets `outbound`; empty: the mesh. */
  readonly outboundBy: string;
  readonly egressProxy: boolean;
  /** Another Sidecar that claims the pod, when nobody can say which is older and so counts. */
  readonly rival: string | undefined;
  /** What is particular about the listener for a port, in words; undefined: nothing, it is for what services have there. */
  readonly listenerOf: (port: number) => string | undefined;
  readonly imports: (owner: string, host: string, port: number) => boolean;
}

/**
 * Which Sidecar a pod has: one of its namespace that selects it, the oldest first; else the one of its namespace without
 * selector, again the oldest; else that of the root namespace. They are never merged, and nothing is inherited: without
 * a policy of its own, a Sidecar falls back to the mesh's.
 */
export function readScopes(snapshot: MeshSnapshot): (client: Pick<MeshClient, 'namespace' | 'podLabels'>) => Scope {
  const { config } = snapshot;
  const byNamespace = grouped([...snapshot.sidecars].sort(byAge).map((sidecar) => [sidecar.namespace, sidecar]));
  const general = (namespace: string): readonly Sidecar[] =>
    (byNamespace.get(namespace) ?? []).filter(({ workloadSelector }) => workloadSelector === undefined);
  const known = new Map<string, Scope>();
  return ({ namespace, podLabels }) => {
    const selecting = (byNamespace.get(namespace) ?? []).filter(
      ({ workloadSelector }) => workloadSelector !== undefined && labelsMatch(workloadSelector.labels, podLabels),
    );
    const candidates = [selecting, general(namespace), general(config.rootNamespace)].find((list) => list.length > 0);
    const key = `${namespace} ${candidates?.[0]?.id ?? ''} ${candidates?.[1]?.id ?? ''}`;
    const found = known.get(key) ?? scopeOf(candidates ?? [], namespace, config);
    known.set(key, found);
    return found;
  };
}

/** Are all wanted labels there with their values? */
export function labelsMatch(wanted: Labels, labels: Labels): boolean {
  for (const key in wanted) if (labels[key] !== wanted[key]) return false;
  return true;
}

function scopeOf([sidecar, next]: readonly Sidecar[], namespace: string, config: MeshConfig): Scope {
  const policy = sidecar?.outboundTrafficPolicy;
  // A policy without a mode has the first of the modes, whatever the mesh says.
  const mode = policy && (policy.mode ?? 'REGISTRY_ONLY');
  const outbound = mode === 'REGISTRY_ONLY' || mode === 'ALLOW_ANY' ? mode : config.outboundTrafficPolicy;
  return {
    object: sidecar?.id ?? '',
    outbound,
    outboundBy: mode === undefined ? '' : (sidecar?.id ?? ''),
    egressProxy: policy?.egressProxy !== undefined,
    rival: sidecar !== undefined && next !== undefined && ageUnknown(sidecar, next) ? next.id : undefined,
    listenerOf: listenerOf(sidecar),
    imports: importer(sidecar, namespace),
  };
}

/** Through a listener for one port services are reached under that port, whichever they have; others may be reached at its address alone. */
function listenerOf(sidecar: Sidecar | undefined): Scope['listenerOf'] {
  const listeners = sidecar?.egress ?? [];
  const ports = new Set(listeners.map(({ port }) => port?.number));
  const general = listeners.find(({ port }) => port === undefined);
  const isBound = general !== undefined && (general.bind !== undefined || general.captureMode === 'NONE');
  return (number) => {
    if (ports.has(number)) return `has a listener of its own for port ${number}`;
    return isBound ? 'has listeners at an address of their own' : undefined;
  };
}

interface Import {
  readonly namespace: string;
  readonly host: string;
  readonly excludes: boolean;
}

function importer(sidecar: Sidecar | undefined, namespace: string): Scope['imports'] {
  const listeners = sidecar?.egress ?? [];
  if (listeners.length === 0) return () => true;
  const importsOf = (hosts: readonly string[]): readonly Import[] => hosts.map((text) => importOf(text, namespace));
  const byPort = new Map(
    listeners.flatMap(({ port, hosts }) => (port === undefined ? [] : [[port.number, importsOf(hosts)] as const])),
  );
  const others = listeners.filter(({ port }) => port === undefined).flatMap(({ hosts }) => importsOf(hosts));
  return (owner, host, port) => {
    const matching = (byPort.get(port) ?? others).filter(
      (item) => (item.namespace === '*' || item.namespace === owner) && hostPatternsOverlap(item.host, host),
    );
    return matching.length > 0 && matching.every(({ excludes }) => !excludes);
  };
}

/** `~/*` imports nothing; since 1.31 `~ns/host` takes a host out again. */
function importOf(text: string, own: string): Import {
  const { namespace, host } = splitHost(text);
  const excludes = namespace.startsWith('~') && namespace.length > 1;
  const bare = excludes ? namespace.slice(1) : namespace;
  return { namespace: bare === '.' ? own : bare, host, excludes };
}
