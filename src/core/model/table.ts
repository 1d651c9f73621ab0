import type { LabelSelector } from '../../api/fields/selector.ts';
import type { Port } from '../../api/fields/destination.ts';
import type { Destination, Verdict } from './desired.ts';

export type TablePort = Port;

export interface FollowedPods {
  readonly namespaces: readonly string[];
  readonly podSelector: LabelSelector;
}

/** One rule as a device states it. */
export interface TableRule {
  /** The device's own name of it, which finds it there: `pn-east-app-a-0a1b2c`. */
  readonly name: string;
  readonly action: Verdict;
  /** Canonical addresses and CIDRs; empty: no source. */
  readonly sources: readonly string[];
  /** Pods whose addresses the device looks up itself. Absent: none. */
  readonly pods?: readonly FollowedPods[];
  readonly destination: Destination;
  /** Empty means every protocol and port. */
  readonly ports: readonly TablePort[];
  /** Id of the rule of the desired state that it says it is there for. */
  readonly desiredId?: string;
  /** Somebody else's, in the same place. */
  readonly foreign?: true;
  /** Of a rule of others: the cluster whose mark it carries, `west`. Absent: none. */
  readonly cluster?: string;
  /** Of a rule of others that accepts: what may still stop the flows, since it looks into them or is asked behind it, `av-profile default`. */
  readonly inspected?: string;
  /** Of a rule of others: what it is about or does that a rule of ours there is not or does not, `srcintf port2`. */
  readonly unlike?: string;
  /**
   * What this model cannot express, `schedule office-hours`: the rule may match what is written here, or less. Only rules of others
   * have doubts.
   */
  readonly doubt?: string;
}

/** What a device does with flows, as it was read back: the first rule that matches decides. */
export interface DeviceTable {
  readonly rules: readonly TableRule[];
  /** What happens where none of them matches. */
  readonly fallback: Verdict;
}
