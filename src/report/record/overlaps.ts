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
 * Addresses and networks that stand in groups of several clusters: at a device that both write to, what one permits or denies to
 * its pods it does to those of the other. Which device a point writes to is on no record.
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
      const message = `${membersText(members)} in groups of ${names}: if this is one device, each cluster's rules there also apply to the other's pods; give the clusters networks of their own, or let the device see other addresses (spec.vantage)`;
      return {
        severity: 'warning',
        subject: `EnforcementPoint/${names.split(' ')[0] ?? ''}`,
        field: 'spec.vantage',
        code: 'addresses-overlap',
        message,
      };
    });
}

/** `1 address (10.0.0.1) and 1 network (10.0.0.0/8) stand` */
function membersText(members: readonly string[]): string {
  const networks = members.filter((member) => member.includes('/'));
  const addresses = members.filter((member) => !member.includes('/'));
  const parts = [
    { own: addresses, word: addresses.length === 1 ? 'address' : 'addresses' },
    { own: networks, word: networks.length === 1 ? 'network' : 'networks' },
  ].flatMap(({ own, word }) =>
    own.length === 0 ? [] : [`${own.length} ${word} (${firstFew([...own].sort(compareText), 3)})`],
  );
  return `${parts.join(' and ')} ${members.length === 1 ? 'stands' : 'stand'}`;
}

function membersOf({ byId }: PointOfCluster['state']): ReadonlySet<string> {
  return new Set([...byId.values()].flat().flatMap(({ rule, members }) => (rule === undefined ? [...members] : [])));
}
