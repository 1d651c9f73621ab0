import { grouped } from '../../core/model/grouped.ts';
import { compareText, type Problem } from '../../api/problem.ts';
import { firstFew } from '../../core/text/wording.ts';
import type { RecordedState } from './recorded-state.ts';

/** A point and the cluster that it belongs to. */
export interface PointOfCluster {
  readonly cluster: string;
  /** `east/edge` */
  readonly name: string;
  readonly state: Pick<RecordedState, 'byId'>;
}

/**
 * Addresses that stand in groups of several clusters: at a device that both write to, what one permits to its pod it permits to the
 * pod of the other. Which device a point writes to is on no record.
 */
export function overlapsOf(points: readonly PointOfCluster[]): readonly Problem[] {
  const held = grouped(
    points.flatMap((point) => [...membersOf(point.state)].map((member) => [member, point] as const)),
  );
  const shared = [...held].filter(([, own]) => new Set(own.map(({ cluster }) => cluster)).size > 1);
  const byPoints = grouped(
    shared.map(
      ([member, own]) =>
        [
          own
            .map(({ name }) => name)
            .sort(compareText)
            .join(' and '),
          member,
        ] as const,
    ),
  );
  return [...byPoints]
    .sort(([a], [b]) => compareText(a, b))
    .map(([names, members]) => {
      const which = `${members.length} ${members.length === 1 ? 'address' : 'addresses'} (${firstFew([...members].sort(compareText), 3)})`;
      const message = `${which} of pods stand in groups of ${names}: if these are one device, each cluster's grants let the other's pods out; give the clusters networks of their own, or let the device see other addresses (spec.vantage)`;
      return {
        severity: 'warning',
        subject: `EnforcementPoint/${names.split(' ')[0] ?? ''}`,
        field: 'spec.vantage',
        code: 'addresses-overlap',
        message,
      };
    });
}

function membersOf({ byId }: PointOfCluster['state']): ReadonlySet<string> {
  return new Set([...byId.values()].flat().flatMap(({ rule, members }) => (rule === undefined ? [...members] : [])));
}
