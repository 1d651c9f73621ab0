import type { ObjectName } from '../../../src/adapter/kubernetes-objects.ts';
import { deviceName, type Owner } from '../../../src/adapter/owner.ts';
import type { IstioConfig } from '../config.ts';

/** Where a destination's objects are, and through which gateway or waypoint it leads. */
export type Home = { readonly namespace: string } & ({ readonly service: string } | { readonly name: string });

/** Gateways and subsets are DNS labels of at most 63 characters; `-65535` still has to fit behind. */
const limit = 57;

/** One name for all objects of a destination, and for others by what makes them what they are. */
export function objectName(owner: Owner, hint: string, ...identity: readonly string[]): string {
  const readable = hint.replace(/^\*/, 'any').replace(/[^a-z0-9]+/g, '-');
  return deviceName(owner, readable, JSON.stringify(identity), limit);
}

/** The name of a destination's objects: the same whoever may use it. */
export function destinationName(owner: Owner, host: string, home: Home): string {
  const through = 'service' in home ? `${home.namespace}/${home.service}` : `waypoint ${home.namespace}/${home.name}`;
  return objectName(owner, host, through, host);
}

export function sidecarName(owner: Owner): string {
  return objectName(owner, 'default-deny', 'sidecar');
}

/** Where the mesh of a revision keeps its settings. */
export function settingsName({ rootNamespace, revision }: Pick<IstioConfig, 'rootNamespace' | 'revision'>): ObjectName {
  const suffix = revision === undefined || revision === 'default' ? '' : `-${revision}`;
  return { namespace: rootNamespace, name: `istio${suffix}` };
}
