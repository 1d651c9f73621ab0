import type { Verdict } from '../../core/model/desired.ts';
import type { Labels } from '../../core/model/snapshot.ts';
import type { NetworkAnswer } from '../network/decide.ts';
import type { PodEnd, Protocol } from '../network/ends/ends.ts';

/** Whose flow is judged. Workloads that are alike in this are judged alike. */
export interface MeshClient {
  readonly namespace: string;
  readonly podLabels: Labels;
  readonly serviceAccount: string;
  /** `none`: outside the mesh, or what gets round its proxy. */
  readonly meshed: 'sidecar' | 'ambient' | 'none';
  /** Annotations of the pod about its sidecar; absent: they say nothing. */
  readonly sidecar?: Labels | undefined;
  /** Absent: not known. */
  readonly node?: string | undefined;
  /** On the network of its node, where network policies do not bind it. */
  readonly hostNetwork?: boolean | undefined;
  /** The network beside the pod network by which it leaves the cluster; absent: it leaves by the pod network. */
  readonly secondaryNetwork?: string | undefined;
  /** Canonical addresses; absent: policies about addresses of sources are answered with `certain: false`. */
  readonly addresses?: readonly string[] | undefined;
}

/** Where to. At least one of `host` and `address`; both: the address that the workload got for the name. */
export interface MeshTarget {
  /** Lower case, no trailing dot. */
  readonly host?: string | undefined;
  /** Canonical. */
  readonly address?: string | undefined;
  /** Other names that lead to the address; absent: nobody knows, and a name may share an address with any other. */
  readonly names?: readonly string[] | undefined;
  readonly port: number;
  readonly protocol: Protocol;
  /** What the workload speaks; absent: TLS to 443, HTTP to 80, else opaque TCP. */
  readonly appProtocol?: 'tls' | 'http' | 'tcp' | undefined;
  /** The SNI of its TLS, when that is not `host`. */
  readonly sni?: string | undefined;
  /** Absent: the workload may choose. */
  readonly method?: string | undefined;
  readonly path?: string | undefined;
}

/** What a workload is taken to speak when nobody has said. */
export function appOf({ appProtocol, port }: MeshTarget): 'tls' | 'http' | 'tcp' {
  return appProtocol ?? (port === 443 ? 'tls' : port === 80 ? 'http' : 'tcp');
}

/** What one layer says about the flow, and which object says it. */
export interface MeshStep {
  readonly layer: 'network-policy' | 'sidecar' | 'gateway' | 'authorization' | 'waypoint';
  /** `Kind/namespace/name`; empty where it is the absence of one, or a setting of the mesh. */
  readonly object: string;
  readonly verdict: Verdict;
  readonly reason: string;
  /**
   * Nobody can say whether it is so: because of the object itself, because nobody knows which addresses the names in it
   * have, or because of what Istio or the flow leave open.
   */
  readonly doubt?: 'object' | 'names' | 'circumstances';
}

export interface Outside {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

/** An object of the mesh sends the flow somewhere else than it was asked for. */
export interface Diversion {
  readonly object: string;
  /** Continues the name of the object: `takes whatever goes to port 3306`. */
  readonly reason: string;
  readonly to: Outside;
  /** `host`: what was asked for is never reached. `port`: it is, on another port. */
  readonly changes: 'host' | 'port';
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
  readonly outside: Outside;
  /** Also of a flow that is stopped after it. */
  readonly diversion?: Diversion | undefined;
  /** It gets there by naming another host: the object that has a proxy not compare the two, and how. */
  readonly claim?: Pick<MeshStep, 'object' | 'reason'> | undefined;
  readonly steps: readonly MeshStep[];
}

/** A flow on its way: what has been decided, and where it stands. */
export interface Trail {
  readonly client: MeshClient;
  /** The client as network policies see it. */
  readonly pod: PodEnd;
  readonly target: MeshTarget;
  readonly path: MeshAnswer['path'];
  readonly gateway: string;
  readonly certain: boolean;
  readonly diversion?: Diversion | undefined;
  readonly steps: readonly MeshStep[];
}

export interface Finding {
  readonly layer: MeshStep['layer'];
  readonly object: string;
  readonly reason: string;
  readonly certain?: boolean;
  /** Why it is not certain; absent: `circumstances`. */
  readonly doubt?: MeshStep['doubt'];
}

export function networkFinding({ allowed, object, reason, dependsOn }: NetworkAnswer): Finding {
  const doubt = dependsOn === undefined ? 'object' : dependsOn === 'names' ? 'names' : 'circumstances';
  return { layer: 'network-policy', object, reason, certain: allowed !== 'unknown', doubt };
}

export function passed(trail: Trail, finding: Finding): Trail {
  const { certain = true } = finding;
  const steps = [...trail.steps, stepOf('Accept', finding)];
  return { ...trail, certain: trail.certain && certain, steps };
}

export function stopped(trail: Trail, finding: Finding): MeshAnswer {
  const { certain = true } = finding;
  const { target, path, gateway, diversion } = trail;
  return {
    verdict: 'Deny',
    certain: trail.certain && certain,
    path,
    sourceSeenOutside: 'none',
    gateway,
    outside: { host: target.host ?? '', address: target.address ?? '', port: target.port },
    diversion,
    steps: [...trail.steps, stepOf('Deny', finding)],
  };
}

function stepOf(verdict: Verdict, { layer, object, reason, certain, doubt = 'circumstances' }: Finding): MeshStep {
  return { layer, object, verdict, reason, ...(certain === false && { doubt }) };
}

export function left({ path, gateway, certain, diversion, steps }: Trail, outside: Outside): MeshAnswer {
  const sourceSeenOutside = path === 'gateway' || path === 'waypoint' ? 'gateway' : 'pod';
  return { verdict: 'Accept', certain, path, sourceSeenOutside, gateway, outside, diversion, steps };
}

/** One answer for several ways that the flow may take: Accept if one does, certain if all agree. */
export function oneOf(answers: readonly MeshAnswer[]): MeshAnswer {
  const [first, ...rest] = answers;
  if (first === undefined) throw new RangeError('There is no answer among none.');
  if (rest.length === 0) return first;
  const chosen = answers.find(({ verdict }) => verdict === 'Accept') ?? first;
  const agree = answers.every((answer) => answer.certain && answer.verdict === chosen.verdict);
  return { ...chosen, certain: agree };
}

/** Do two answers come to the same, whatever leads there? */
export function endsAlike(a: MeshAnswer, b: MeshAnswer): boolean {
  const end = ({ verdict, certain, path, gateway, outside: { host, address, port } }: MeshAnswer): string =>
    JSON.stringify([verdict, certain, path, gateway, ...(verdict === 'Deny' ? [] : [host, address, port])]);
  return end(a) === end(b);
}
