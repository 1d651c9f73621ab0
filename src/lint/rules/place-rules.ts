import { compareText } from '../../api/problem.ts';
import type { Finding, LintInput, LintRule } from '../rule.ts';

/** Points that cannot write where they are to: others stand in their way, or they have no way to log in. */
export const placeRules: readonly LintRule[] = [
  { id: 'same-place', severity: 'error', check: samePlace },
  { id: 'no-secret', severity: 'error', check: noSecret },
];

/** Two points that write to one VDOM, partition or folder. On the device the one that comes second is held. */
function samePlace({ snapshot, places }: LintInput): readonly Finding[] {
  const names = snapshot.enforcementPoints.map(({ metadata }) => metadata.name).sort(compareText);
  return names.flatMap((name) => {
    const place = places.get(name);
    const first = place === undefined ? name : names.find((other) => places.get(other) === place);
    if (first === name) return [];
    const message = `writes to the same place as EnforcementPoint/${first} (${place}), and two points there would undo each other's rules; give one of them another place, or write one point for both`;
    return [{ subject: `EnforcementPoint/${name}`, field: 'spec.config', message }];
  });
}

/** Points that name no Secret, of adapters that log in with what one holds. */
function noSecret({ snapshot, secretKeys }: LintInput): readonly Finding[] {
  return snapshot.enforcementPoints.flatMap(({ metadata, spec }) => {
    const keys = secretKeys.get(metadata.name) ?? [];
    if (keys.length === 0 || spec.secretRef !== undefined) return [];
    const message = `Required value: ${spec.adapter} logs in with ${keys.join(' and ')} of a Secret in Postern's namespace; name that Secret`;
    return [{ subject: `EnforcementPoint/${metadata.name}`, field: 'spec.secretRef', message }];
  });
}
