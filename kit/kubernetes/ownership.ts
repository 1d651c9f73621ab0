import type { Owner } from '../../src/adapter/owner.ts';
import type { KubernetesObject } from '../../src/adapter/kubernetes-objects.ts';

/*
 * Objects in the cluster carry our mark as labels, so that they can be listed by it:
 *
 *   app.kubernetes.io/managed-by  postern
 *   postern.dev/cluster           the cluster's id
 *   postern.dev/point             the enforcement point
 */

const managedBy = 'app.kubernetes.io/managed-by';
const clusterLabel = 'postern.dev/cluster';
const pointLabel = 'postern.dev/point';
const ownDomain = 'postern.dev/';

/** Who has an object, and for which point. */
export interface Ownership {
  readonly owner: Owner;
  /** Name of the enforcement point. */
  readonly point: string;
}

export function ownerLabels({ owner, point }: Ownership): Readonly<Record<string, string>> {
  return { [managedBy]: 'postern', [clusterLabel]: owner.cluster, [pointLabel]: labelValue(point) };
}

/** The one label that every object of a cluster's points has, whichever point it is. */
export function clusterMark({ cluster }: Owner): { readonly label: string; readonly value: string } {
  return { label: clusterLabel, value: cluster };
}

/** `app.kubernetes.io/managed-by=postern,...`, for a list. */
export function ownerSelector(ownership: Ownership): string {
  return Object.entries(ownerLabels(ownership))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

export function isOwned({ metadata }: KubernetesObject, ownership: Ownership): boolean {
  return Object.entries(ownerLabels(ownership)).every(([key, value]) => metadata.labels?.[key] === value);
}

/**
 * The labels or annotations of an object that we gave it, beside the mark: what others add is theirs.
 *
 * @param also keys outside our domain that we give, too
 */
export function ownEntries(
  entries: Readonly<Record<string, string>> = {},
  also: readonly string[] = [],
): Record<string, string> {
  const marks = [managedBy, clusterLabel, pointLabel];
  const isOurs = (key: string): boolean => also.includes(key) || (key.startsWith(ownDomain) && !marks.includes(key));
  return Object.fromEntries(Object.entries(entries).filter(([key]) => isOurs(key)));
}

/** Names of points may be longer than the 63 characters that the value of a label may have. */
function labelValue(name: string): string {
  return name.slice(0, 63).replace(/[^A-Za-z0-9]+$/, '');
}
