import type { EnforcementPoint } from '../../api/kinds.ts';
import type { DesiredState } from '../model/desired.ts';
import type { Violation } from '../model/plan.ts';

type Spec = Pick<EnforcementPoint['spec'], 'mode' | 'onControllerLoss' | 'expireAfterSeconds'>;

const usualSeconds = 3_600;

/** How long what is permitted stays without a controller, in milliseconds; undefined: for as long as it takes. */
export function expiresAfterMs({
  mode,
  onControllerLoss,
  expireAfterSeconds = usualSeconds,
}: Spec): number | undefined {
  return mode === 'Enforce' && onControllerLoss === 'Expire' ? expireAfterSeconds * 1_000 : undefined;
}

/** @param silentMs for how long no controller has been heard of */
export function hasExpired(spec: Spec, silentMs: number): boolean {
  const afterMs = expiresAfterMs(spec);
  return afterMs !== undefined && silentMs >= afterMs;
}

/** Denying groups keep their members, and accepting groups lose theirs: a group without members permits nothing. */
export function withoutGrants(desired: DesiredState): DesiredState {
  const groups = desired.groups.map((group) => (group.role === 'Accept' ? { ...group, members: [] } : group));
  return { ...desired, groups };
}

/** What a point says that was emptied. Names no time, so that it says the same as long as nothing changes. */
export const controllerLost: Violation = {
  guard: 'controller-lost',
  message:
    'No controller has reported for longer than spec.expireAfterSeconds, so all access here was withdrawn; it returns when a controller leads again: look at its log, or start one.',
  keys: [],
};
