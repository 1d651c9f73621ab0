/** Do all layers permit the same, and if not, which flow shows it? */
export interface Consistency {
  /** False also where it is not known. */
  readonly consistent: boolean;
  /** Let out in the cluster and stopped at the perimeter: an application will break there. */
  readonly meshOnly: readonly Difference[];
  /** Let out by every perimeter and not wanted, or stopped by the mesh alone: a bypass is possible. */
  readonly perimeterOnly: readonly Difference[];
  /** Wanted, let out by the perimeters, and stopped in the cluster, as by a team's NetworkPolicy: an application will break. */
  readonly blocked: readonly Difference[];
  /** A layer permits what the intent does not, and another stops it. */
  readonly wider: readonly Difference[];
  /** The layers agree to stop what the intent permits. */
  readonly narrower: readonly Difference[];
  /** It is not known what the cluster does with them: an object that cannot be read, or that is not modelled. */
  readonly unknown: readonly Difference[];
  /** What layers say themselves that they cannot express or distinguish, while another does. No inconsistency. */
  readonly known: readonly Difference[];
  /** Classes of flows that were compared: kinds of pods, times kinds of destinations and ports. */
  readonly classes: number;
}

/** One flow on which layers do not agree. */
export interface Difference {
  readonly namespace: string;
  /** `Deployment/checkout`; `address 10.0.0.9` for one that is no workload's. */
  readonly workload: string;
  /** It was inferred from names and labels, because the owner of the pods' owner was not at hand. */
  readonly workloadBy?: 'convention';
  /** A name or an address: one of those for which it stands. */
  readonly destination: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  /** The device's name of the rule that decides there, `default` where none does, or `Kind/namespace/name` of a mesh object. */
  readonly rule: string;
  /** The enforcement point of the rule, `mesh` for objects that belong to no point. */
  readonly point: string;
  /** `namespace/name` of one of its pods; empty for an address that is no pod's. */
  readonly pod: string;
  readonly reason: string;
  /** Only in `known`: an assumption that no layer confirms. The result depends on it. */
  readonly assumed?: true;
  /** Pods times destinations and ports that differ in the same way. */
  readonly count: number;
}
