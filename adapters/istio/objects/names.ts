import type { ObjectName } from '../../../src/adapter/kubernetes-objects.ts';
import { deviceName, type Owner } from '../../../src/adapter/owner.ts';
import type { IstioConfig } from '../config.ts';

/** Where a destination's objects are, and through which gateway or waypoint it leads. */
export type Home = { readonly namespace: string } & (
  { readonly service: string; readonly api: IstioConfig['api'] } | { readonly name: string }
);

/** Gateways and subsets are DNS labels of at most 63 characters; `-65535` still has to fit behind. */
const limit = 57;

/** One name for all objects of a destination, and for others by what makes them what they are. */
export function objectName(owner: Owner, hint: string, ...identity: readonly string[]): string {
  const readable = hint.replace(/^\*/, 'any').replace(/[^a-z0-9]+/g, '-');
  return deviceName(owner, readable, JSON.stringify(identity), limit);
}

/** Of the entry that clients see, where that is not the one of the gateway. */
export function seenName(destination: string): string {
  return `${destination}-seen`;
}

/** Of the route of the Gateway API from clients to the gateway. */
export function inwardName(destination: string, port: number): string {
  return `${destination}-in-${port}`;
}

/** The name of a destination's objects, which does not depend on its sources. */
export function destinationName(owner: Owner, host: string, home: Home): string {
  return objectName(owner, host, wayOf(home), host);
}

/** Objects of the two APIs have names of their own, so that none changes its place while one replaces the other. */
function wayOf(home: Home): string {
  if (!('service' in home)) return `waypoint ${home.namespace}/${home.name}`;
  const gateway = `${home.namespace}/${home.service}`;
  return home.api === 'Istio' ? gateway : `${home.api} ${gateway}`;
}

export function sidecarName(owner: Owner): string {
  return objectName(owner, 'default-deny', 'sidecar');
}

/** Where the mesh of a revision keeps its settings. */
export function settingsName({ rootNamespace, revision }: Pick<IstioConfig, 'rootNamespace' | 'revision'>): ObjectName {
  const suffix = revision === undefined || revision === 'default' ? '' : `-${revision}`;
  return { namespace: rootNamespace, name: `istio${suffix}` };
}
