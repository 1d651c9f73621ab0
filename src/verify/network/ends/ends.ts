import type { Labels } from '../../../core/model/snapshot.ts';

/** A container port by its name. */
export interface NamedPort {
  readonly port: number;
  readonly protocol: string;
}

export type NamedPorts = Readonly<Record<string, NamedPort>>;

/** A pod as network policies see it. */
export interface PodEnd {
  readonly kind: 'pod';
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  readonly serviceAccount: string;
  /** Labels of its ServiceAccount; undefined: not known. */
  readonly accountLabels: Labels | undefined;
  /** Undefined: not known. */
  readonly node: string | undefined;
  /** On the network of its node: no network policy binds it, and no peer that selects pods takes it in. */
  readonly hostNetwork: boolean;
  /** The network beside the pod network by which it leaves the cluster, where no network policy binds it; absent: the pod network. */
  readonly secondaryNetwork?: string | undefined;
  readonly addresses: readonly string[] | undefined;
  /** Undefined: not known. */
  readonly namedPorts: NamedPorts | undefined;
}

/** A node, with the pods on its network. */
export interface NodeEnd {
  readonly kind: 'node';
  readonly name: string;
  readonly labels: Labels;
  readonly address: string;
}

/** Something outside the cluster: by address, by name, or by both. */
export interface OutsideEnd {
  readonly kind: 'outside';
  /** The name that was asked for. */
  readonly host: string | undefined;
  readonly address: string | undefined;
  /** Other names that are known to lead to the address; undefined: nobody knows. */
  readonly names?: readonly string[] | undefined;
}

/** Where a flow goes, as network policies see it. */
export type End = PodEnd | NodeEnd | OutsideEnd;

export type Protocol = 'TCP' | 'UDP' | 'SCTP' | 'ICMP';

/** What goes over the wire; of ICMP the port is the type. */
export interface Wire {
  readonly port: number;
  readonly protocol: Protocol;
  /** The address of the Service that was asked for, where the flow goes to a pod behind it. */
  readonly service?: string | undefined;
}

/** The addresses that blocks are held against; empty: not known. */
export function addressesOf(end: End): readonly string[] {
  if (end.kind === 'pod') return end.addresses ?? [];
  return end.address === undefined ? [] : [end.address];
}
