import { compareText } from '../../api/problem.ts';
import type { Finding, LintInput, LintRule } from '../rule.ts';

/** Points that stand in each other's way. */
export const placeRules: readonly LintRule[] = [{ id: 'same-place', severity: 'error', check: samePlace }];

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
