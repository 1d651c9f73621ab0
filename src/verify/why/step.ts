import type { Verdict } from '../../core/model/desired.ts';
import type { Probe } from '../flows/probes.ts';

export type AskedFlow = Omit<Probe, 'index'>;

/** What one layer says of the flow. */
export interface Step {
  readonly layer:
    'intent' | 'network-policy' | 'sidecar' | 'gateway' | 'authorization' | 'waypoint' | 'source' | 'perimeter';
  /** The enforcement point, where it is one's. */
  readonly point: string | null;
  readonly verdict: Verdict;
  /** A field of a policy, an object, an address, or a device's own name of a rule. */
  readonly rule: string;
  readonly reason: string;
  /** What to do about a denial. */
  readonly advice?: string;
}
