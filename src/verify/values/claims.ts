import type { Pod } from '../../core/model/snapshot.ts';
import { isLive } from './pods.ts';
import { instantOf } from './time.ts';

/** Live pods by the addresses that they claim, the newest first: it has the address. On the host network none claims any. */
export function claimsOf(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const claims = new Map<string, Pod[]>();
  for (const pod of pods) {
    if (pod.hostNetwork || !isLive(pod)) continue;
    for (const address of pod.addresses) {
      const others = claims.get(address);
      if (others === undefined) claims.set(address, [pod]);
      else others.push(pod);
    }
  }
  for (const claimants of claims.values()) if (claimants.length > 1) claimants.sort(byAge);
  return claims;
}

/** An address that more than one live pod claims. */
export interface SharedAddress {
  readonly address: string;
  /** The newest of them. */
  readonly owner: Pod;
  readonly others: readonly Pod[];
}

export function sharedAddresses(pods: readonly Pod[]): readonly SharedAddress[] {
  return [...claimsOf(pods)].flatMap(([address, [owner, ...others]]) =>
    owner === undefined || others.length === 0 ? [] : [{ address, owner, others }],
  );
}

/** `10.20.1.11 is claimed by pod shop/new, too, which is newer (created 2026-01-02T00:00:00Z) and so has it` */
export function lostTo({ address, owner, others }: SharedAddress): string {
  const claim = `${address} is also claimed by pod ${nameOf(owner)}`;
  if (isUndecided({ owner, others }))
    return `${claim}, which is assumed to own it, though nothing says which of them is newer`;
  return `${claim}, which is newer (created ${owner.created}) and so owns it`;
}

/** Were two of them made in one second, so that nothing says which has it? */
export function isUndecided({ owner, others }: Pick<SharedAddress, 'owner' | 'others'>): boolean {
  return others.some((other) => createdAt(other) === createdAt(owner));
}

/** What to do about it. */
export const ofShared =
  'find out which of the pods really has the address (`kubectl exec POD -- hostname -i`, or the network plugin), and delete the other';

function nameOf({ namespace, name }: Pod): string {
  return `${namespace}/${name}`;
}

/** Of two of the same second the one with the greater uid comes first, so that all who ask take the same. */
function byAge(a: Pod, b: Pod): number {
  const [left, right] = [createdAt(a), createdAt(b)];
  if (left !== right) return left > right ? -1 : 1;
  return a.uid > b.uid ? -1 : 1;
}

function createdAt({ created }: Pod): number {
  const instant = instantOf(created);
  return Number.isNaN(instant) ? -Infinity : instant;
}
