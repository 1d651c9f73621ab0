import type { Device } from '../../../kit/common/session.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Ask } from '../api/client.ts';
import type { GcpConfig } from '../config.ts';
import type { OurRule } from '../objects/rule.ts';

export type Gcp = Device<Ask, GcpConfig>;

/** A rule of ours where it stands. */
export interface PlacedRule extends OurRule {
  readonly priority: number;
}

/** The policy as it is at one moment, by its fingerprint. */
export interface Policy {
  readonly fingerprint: string;
  /** Without its rules. */
  readonly fields: JsonObject;
  /** In the order in which they are asked. */
  readonly rules: readonly JsonObject[];
}

/** What is kept of a reading. */
export interface Known {
  readonly rules: readonly PlacedRule[];
}

export function policyPath({ project, region, policy }: GcpConfig): string {
  const scope = region === undefined ? 'global' : `regions/${region}`;
  return `/compute/v1/projects/${project}/${scope}/firewallPolicies/${policy}`;
}

/** @param name absent: all of them */
export function addressGroupPath({ project, region = 'global' }: GcpConfig, name?: string): string {
  const all = `/v1/projects/${project}/locations/${region}/addressGroups`;
  return name === undefined ? all : `${all}/${name}`;
}

/** What errors and the audit record call requests. */
export const templates = {
  policy: '/firewallPolicies/{policy}',
  addressGroup: '/addressGroups/{group}',
  addressGroups: '/addressGroups',
  operation: '/operations/{operation}',
  effective: '/networks/{network}/getEffectiveFirewalls',
} as const;
