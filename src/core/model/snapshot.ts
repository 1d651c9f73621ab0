import type { LabelSelector } from '../../api/fields/selector.ts';
import type {
  ClusterEgressPolicy,
  EgressApproval,
  EgressDelegation,
  EgressPolicy,
  EnforcementPoint,
  ExternalService,
} from '../../api/kinds.ts';

/*
 * The cluster as the compiler sees it: the few fields of each object that decide anything.
 * A pod is about 300 bytes here, not the 13 kB of its API object.
 */

export type Labels = Readonly<Record<string, string>>;

export interface Namespace {
  readonly name: string;
  readonly labels: Labels;
  /** For its pods that say nothing themselves: see `Pod`. */
  readonly egressGateway?: Labels;
}

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

export interface Node {
  readonly name: string;
  readonly labels: Labels;
  /** InternalIP and ExternalIP addresses, canonical text. */
  readonly addresses: readonly string[];
  /** Networks out of which its pods may get their addresses, where it says so (`spec.podCIDRs`). */
  readonly podNetworks?: readonly string[];
}

export interface Pod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  /** `default` when the pod names none. */
  readonly serviceAccount: string;
  /** Empty until scheduled. */
  readonly node: string;
  readonly hostNetwork: boolean;
  /** Empty: it comes from a manifest and does not run. */
  readonly phase: '' | 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  /** `status.reason` of a pod that has failed, such as `Evicted`. For people only. */
  readonly failedBy?: string;
  /** True from the moment a deletion timestamp is set. */
  readonly deleting: boolean;
  /** When its deletion was asked for, in seconds since the epoch; absent: it was not, or the time is not known. */
  readonly deletionAsked?: number;
  /** Canonical addresses from `status.podIPs`; one per family at most. */
  readonly addresses: readonly string[];
  /** RFC 3339 `metadata.creationTimestamp`; decides which of two claimants has an address. */
  readonly created: string;
  /** When its node took it on, in seconds since the epoch, as the kubelet says; absent: not yet. For measuring only. */
  readonly started?: number;
  /** `Kind/name` of the top controller, such as `Deployment/checkout`; `Pod/name` without one. */
  readonly workload: string;
  /** The top controller was inferred from labels and names; absent: from references. */
  readonly workloadBy?: 'convention';
  /**
   * What the annotations of the pod say of its sidecar (`sidecar.istio.io/status`, `inject` and `interceptionMode`, and all of
   * `traffic.sidecar.istio.io/`); of `status`, which the injector writes, only that it is there. Then, as `istio-init -x`, what the
   * flags `-m -i -x -q -o -c` of that init container say other than the annotations, and `istio-init` is `absent` if the injector put in
   * nothing that sends connections to the sidecar, or `unreadable` if it runs something else. Absent: the annotations say nothing.
   */
  readonly sidecar?: Labels;
  /**
   * The networks that it is on, as its annotation `k8s.v1.cni.cncf.io/network-status` says, which every user who may change the pod can
   * write. `unreadable`: it does not have the form of its specification. Absent: there is none.
   */
  readonly attachments?: readonly Attachment[] | 'unreadable';
  /**
   * What its annotations `egress.projectcalico.org/` say of the way out through gateways of Calico: `selector`, `namespaceSelector`,
   * `egressGatewayPolicy` and `maxNextHops`. Absent: nothing.
   */
  readonly egressGateway?: Labels;
  /** Whether its readiness gate `postern.dev/perimeter` has been opened; absent: it has none, as nearly all. */
  readonly gate?: 'open' | 'closed';
}

/** A network that a pod is on beside others. */
export interface Attachment {
  /** `telco/sriov-a`, the namespace and name of its NetworkAttachmentDefinition, or as the plugin calls the pod network. */
  readonly network: string;
  /** Canonical. */
  readonly addresses: readonly string[];
}

/**
 * Pods that leave the cluster under addresses that are neither theirs nor their nodes', by an object of the network plugin: what an
 * EgressIP, a CiliumEgressGatewayPolicy and an Egress have in common.
 */
export interface EgressSource {
  /** `EgressIP/prod` */
  readonly id: string;
  /** Whose pods: of namespaces and pods that both selectors of one of these take; absent selectors take all. */
  readonly takes: readonly EgressSubject[];
  /** Canonical addresses or networks; empty: the plugin chooses, and does not publish its choice. */
  readonly addresses: readonly string[];
  /** Of an EgressGatewayPolicy, which applies to every pod that names it. */
  readonly gateways?: GatewayPolicy;
  /** As it was written, for the judge, which reads it itself. */
  readonly object: unknown;
}

/** Through which pods others leave, by where to: the rule of the longest prefix counts. */
export interface GatewayPolicy {
  readonly name: string;
  readonly rules: readonly GatewayRule[];
}

export interface GatewayRule {
  /** Canonical network, which no other rule has. */
  readonly destination: string;
  /** Selectors in Calico's language; absent: who goes there leaves by itself. */
  readonly gateway?: { readonly selector: string; readonly namespaceSelector: string };
}

export interface EgressSubject {
  readonly namespaceSelector?: LabelSelector;
  readonly podSelector?: LabelSelector;
}

/** Every kind the compiler reads, by the name used in `Change.kind`. */
export interface SnapshotKinds {
  Namespace: Namespace;
  ServiceAccount: ServiceAccount;
  Node: Node;
  Pod: Pod;
  ExternalService: ExternalService;
  EgressPolicy: EgressPolicy;
  ClusterEgressPolicy: ClusterEgressPolicy;
  EnforcementPoint: EnforcementPoint;
  EgressDelegation: EgressDelegation;
  EgressApproval: EgressApproval;
  EgressSource: EgressSource;
}

/**
 * One object as it is now: present with its value, or gone (`object` undefined). Key: `name` for cluster-scoped kinds,
 * `namespace/name` otherwise. Level-triggered: the last change for a key wins, repeats change nothing.
 */
export type ObjectChange = {
  [K in keyof SnapshotKinds]: {
    readonly kind: K;
    readonly key: string;
    readonly object: SnapshotKinds[K] | undefined;
    /** `relist`: a removal is inferred, the object was merely missing from a list. Absent or `watch`: it was seen to end. */
    readonly cause?: 'watch' | 'relist';
    /** It exists and could not be read: `object` is undefined, and its content is not known. */
    readonly unreadable?: true;
  };
}[keyof SnapshotKinds];

/** A whole cluster at one instant; `toChanges` feeds it to the same compiler that follows a live one. */
export interface Snapshot {
  readonly namespaces: readonly Namespace[];
  readonly serviceAccounts: readonly ServiceAccount[];
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly externalServices: readonly ExternalService[];
  readonly egressPolicies: readonly EgressPolicy[];
  readonly clusterEgressPolicies: readonly ClusterEgressPolicy[];
  readonly enforcementPoints: readonly EnforcementPoint[];
  /** Absent: nothing is limited, and no approval is needed. */
  readonly egressDelegations?: readonly EgressDelegation[];
  readonly egressApprovals?: readonly EgressApproval[];
  /** Absent: the network plugin has no such objects. */
  readonly egressSources?: readonly EgressSource[];
}
