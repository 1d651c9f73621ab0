import type { Pod } from '../model/snapshot.ts';

/** Who has, or had, an address. */
export interface Holder {
  /** Where the records of several clusters are asked; else absent. */
  readonly cluster?: string;
  readonly namespace: string;
  readonly pod: string;
  /** `Deployment/checkout` */
  readonly workload: string;
  readonly serviceAccount: string;
  /** Empty: not known. */
  readonly node: string;
  /** The address is that of its node, which others on the host network have, too. */
  readonly hostNetwork: boolean;
  /**
   * The network beside the pod network on which the annotation of the pod, and nobody else, says that it has the address: whoever may
   * change the pod can write that. Absent: it has it by its status.
   */
  readonly network?: string;
}

/** An address that a pod had from one moment to another. Times are milliseconds since the epoch. */
export interface Assignment extends Holder {
  /** Canonical text. */
  readonly address: string;
  /** When it was seen to have the address. */
  readonly since: number;
  /** It may have had it from then: when its node took it on, as the kubelet says in whole seconds. */
  readonly earliest: number;
  /** When it was seen to have ended. Undefined: it still has the address, as far as the record goes. */
  readonly until: number | undefined;
  /** It ended at an unobserved moment between then and `until`. Undefined: shortly before `until`. */
  readonly endedAfter: number | undefined;
}

/** A time in which nothing observed the cluster, so that addresses may have been assigned and released unseen. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Everything that a record of addresses says. */
export interface AddressRecord {
  readonly assignments: readonly Assignment[];
  readonly gaps: readonly Gap[];
  /** When the record begins, and how far it goes; undefined: there is none. */
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** How much later than it happened an end is on record, in milliseconds: what kubelet, API server and watch take together. */
export const resolutionMs = 2_000;

/** A pod keeps its addresses, and what its annotation says of others, until it is gone or its containers have ended permanently. */
export function heldBy(pod: Pod | undefined): readonly (Holder & Pick<Assignment, 'address'>)[] {
  if (pod === undefined || pod.phase === 'Succeeded' || pod.phase === 'Failed') return [];
  const { namespace, name, workload, serviceAccount, node, hostNetwork, addresses, attachments = [] } = pod;
  const holder = { namespace, pod: name, workload, serviceAccount, node, hostNetwork };
  const own = addresses.map((address) => ({ ...holder, address }));
  if (hostNetwork || attachments === 'unreadable') return own;
  const claimed = attachments.flatMap(({ network, addresses: there }) =>
    there.filter((address) => !addresses.includes(address)).map((address) => ({ ...holder, address, network })),
  );
  return [...own, ...claimed];
}
