import { covers, fateOf, type Packet } from './foreign-judge.ts';
import type { EntryFact, MeshFacts, ScopeFact } from './mesh-world.ts';

/*
 * Where one packet ends in a mesh, by what Istio's documentation says:
 * https://istio.io/latest/docs/reference/config/networking/service-entry/, .../sidecar/ and .../virtual-service/. It knows
 * nothing of what it judges with.
 */

export type End =
  | { readonly fate: 'out'; /** Where it arrives. */ readonly at: string; readonly port: number }
  | { readonly fate: 'stopped' }
  | { readonly fate: 'unclear' };

export function endOf(facts: MeshFacts, packet: Packet): End {
  const sent = ofSidecar(facts, packet);
  if (sent === 'stopped') return { fate: 'stopped' };
  const fate = fateOf(facts.network, { ...packet, address: sent.at, port: sent.port });
  if (fate === 'out') return { fate, ...sent };
  return { fate };
}

interface Sent {
  readonly at: string;
  readonly port: number;
}

function ofSidecar(facts: MeshFacts, { pod, address, port, protocol }: Packet): Sent | 'stopped' {
  const straight = { at: address, port };
  // A sidecar catches TCP of pods that have a network of their own.
  if (protocol === 'UDP' || pod.hostNetwork || !facts.meshed.includes(pod.name)) return straight;
  const scope = scopeOf(facts, pod);
  const known = facts.entries
    .filter((entry) => isExported(entry, pod.namespace) && isTaken(scope, entry, pod.namespace))
    .filter((entry) => entry.port === port && covers(entry.at, address))
    .sort((a, b) => lengthOf(b.at) - lengthOf(a.at));
  const [entry] = known;
  if (entry === undefined) {
    const mode = scope?.mode ?? facts.mode ?? 'ALLOW_ANY';
    return mode === 'ALLOW_ANY' ? straight : 'stopped';
  }
  const target = led(facts, entry);
  if (target === undefined || !isExported(target, pod.namespace)) return 'stopped';
  // Resolution NONE connects to where the connection was going to.
  return target.endpoint === undefined ? straight : { at: target.endpoint, port: target.port };
}

/** The entry whose connections these become. */
function led({ detour, entries }: MeshFacts, entry: EntryFact): EntryFact | undefined {
  const isAbout = detour?.of === entry.name && (detour.port === undefined || detour.port === entry.port);
  return isAbout ? entries.find(({ name }) => name === detour.to) : entry;
}

/** The most particular one: by its selector, for the namespace, for the mesh. */
function scopeOf({ scopes }: MeshFacts, { namespace, app }: Packet['pod']): ScopeFact | undefined {
  return (
    scopes.find((one) => one.namespace === namespace && one.app === app) ??
    scopes.find((one) => one.namespace === namespace && one.app === undefined) ??
    scopes.find((one) => one.namespace === 'istio-system')
  );
}

function isExported({ namespace, exportTo }: EntryFact, to: string): boolean {
  if (exportTo === undefined || exportTo === '*') return true;
  return exportTo === '.' ? namespace === to : exportTo === to;
}

function isTaken(scope: ScopeFact | undefined, entry: EntryFact, own: string): boolean {
  if (scope === undefined) return true;
  return scope.hosts.some((text) => {
    const [from = '', host = ''] = text.split('/');
    const isThere = from === '*' || (from === '.' ? own : from) === entry.namespace;
    return isThere && (host === '*' || host === `${entry.name}.example.com`);
  });
}

function lengthOf(at: string): number {
  return Number(at.split('/')[1] ?? '32');
}
