import type { Owner } from '../../src/adapter/owner.ts';
import { objectName } from './names.ts';

/** Where a destination's objects are, and through which gateway or waypoint it leads. */
export type Home = { readonly namespace: string } & ({ readonly service: string } | { readonly name: string });

/** The name of a destination's objects: the same whoever may use it. */
export function destinationName(owner: Owner, host: string, home: Home): string {
  const through = 'service' in home ? `${home.namespace}/${home.service}` : `waypoint ${home.namespace}/${home.name}`;
  return objectName(owner, host, through, host);
}

export function sidecarName(owner: Owner): string {
  return objectName(owner, 'default-deny', 'sidecar');
}
