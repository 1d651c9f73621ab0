import type { Verdict } from '../model/desired.ts';
import type { Labels } from '../model/snapshot.ts';
import type { MeshSnapshot } from './objects.ts';

/** Whose flow is judged. Workloads that are alike in this are judged alike. */
export interface MeshClient {
  readonly namespace: string;
  readonly podLabels: Labels;
  readonly serviceAccount: string;
  /** `none`: outside the mesh, or what gets round its proxy. */
  readonly meshed: 'sidecar' | 'ambient' | 'none';
  /** Canonical addresses; absent: policies about addresses of sources are answered with `certain: false`. */
  readonly addresses?: readonly string[];
}

/** Where to. At least one of `host` and `address`; both: the address that the workload got for the name. */
export interface MeshTarget {
  /** Lower case, no trailing dot. */
  readonly host?: string;
  /** Canonical. */
  readonly address?: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  /** What the workload speaks; absent: TLS to 443, HTTP to 80, else opaque TCP. */
  readonly appProtocol?: 'tls' | 'http' | 'tcp';
  /** The SNI of its TLS, when that is not `host`. */
  readonly sni?: string;
  /** Absent: the workload may choose. */
  readonly method?: string;
  readonly path?: string;
}

/** What one layer says about the flow, and which object says it. */
export interface MeshStep {
  readonly layer: 'network-policy' | 'sidecar' | 'gateway' | 'authorization' | 'waypoint';
  /** `Kind/namespace/name`; empty where it is the absence of one, or a setting of the mesh. */
  readonly object: string;
  readonly verdict: Verdict;
  readonly reason: string;
}

export interface MeshAnswer {
  /** May the flow leave the cluster? What nobody knows counts as Accept: a bypass must not go unseen. */
  readonly verdict: Verdict;
  /** False where the answer depends on what Istio leaves undefined, or nobody has verified, or the snapshot lacks. */
  readonly certain: boolean;
  /** The way it goes; for a denied flow, the way it was on. */
  readonly path: 'gateway' | 'direct' | 'waypoint' | 'none';
  /** Whose address the perimeter meets. */
  readonly sourceSeenOutside: 'pod' | 'gateway' | 'none';
  /** `Service/istio-egress/egressgateway-shared`, `Gateway/istio-egress-ambient/egress-waypoint`; empty on other paths. */
  readonly gateway: string;
  /** What leaves: another host than was asked for where a route says so, and the target port. */
  readonly outside: { readonly host: string; readonly address: string; readonly port: number };
  readonly steps: readonly MeshStep[];
}

export interface MeshEvaluator {
  readonly judge: (client: MeshClient, target: MeshTarget) => MeshAnswer;
}

/** Prepares a snapshot once (linear in its objects), to judge flow after flow in microseconds. */
export function evaluateMesh(_snapshot: MeshSnapshot): MeshEvaluator {
  return {
    judge: () => {
      throw new RangeError('not yet');
    },
  };
}
