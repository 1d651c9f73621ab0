import type { EnforcementPoint } from '../../api/kinds.ts';
import type { DesiredState, Verdict } from '../../core/model/desired.ts';
import type { Proxies } from '../../core/model/proxies.ts';
import type { Pod } from '../../core/model/snapshot.ts';
import type { Answer } from '../intent/intent.ts';
import type { Layers } from '../layers.ts';
import type { MeshEvaluator } from '../mesh/evaluate.ts';
import type { Flow } from '../flows/probes.ts';

/** One flow out of a pod. */
export type AskedFlow = Flow;

/** What one layer says of the flow. */
export interface Step {
  readonly layer:
    | 'intent'
    /** Whether the pod can look the name up; it says nothing of the flow itself. */
    | 'dns'
    | 'network-policy'
    | 'sidecar'
    | 'gateway'
    | 'authorization'
    | 'waypoint'
    | 'source'
    | 'perimeter';
  /** The enforcement point, where it is one's. */
  readonly point: string | null;
  /** `Unknown`: nobody can say. */
  readonly verdict: Verdict | 'Unknown';
  /** A field of a policy, an object, an address, or a device's own name of a rule. */
  readonly rule: string;
  readonly reason: string;
  /** What to do about a denial. */
  readonly advice?: string;
}

/** A point and what is wanted of it. */
export interface DesiredPoint {
  readonly point: EnforcementPoint;
  readonly desired: Pick<DesiredState, 'groups' | 'rules'>;
  /** Which proxies have what was written; absent: nobody was asked, or can tell. */
  readonly proxies?: Proxies | undefined;
}

/** Layers whose mesh is read once for all that is asked of it, when it is first asked; absent: there is none. */
export type LayersOnce = Layers & { readonly evaluator?: () => MeshEvaluator };

export interface Question {
  readonly pod: Pod;
  /** The pod's whole object, as the cluster has it; absent: it is looked for among those of the files. */
  readonly object?: unknown;
  readonly flow: AskedFlow;
  /** What is wanted of the points, for the groups behind their rules; and those that only observe. */
  readonly points: readonly DesiredPoint[];
  /** The layers were read from the devices and the cluster: statuses then say nothing that is not known better. */
  readonly live: boolean;
}

export interface Why {
  /** Does the flow get out, through every layer? */
  readonly verdict: Verdict | 'Unknown';
  /** What the intent rests on. */
  readonly policy: string | null;
  readonly tier: Answer['tier'];
  readonly layers: readonly Step[];
  readonly sentence: string;
  /** What the answer about each point rests on, a sentence each. */
  readonly restsOn: readonly string[];
}
