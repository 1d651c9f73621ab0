import type { Labels, Pod } from '../../core/model/snapshot.ts';
import { pointStatusSchema } from '../../api/status.ts';
import type { EgressAddress } from '../egress-addresses/egress-address.ts';
import { covers } from '../layers.ts';
import { reportedPoint } from './reported.ts';
import type { DesiredPoint, Question } from './step.ts';

/** What the answer about each point rests on, for people: the device, its status, or what would be written. */
export function basesOf(
  { pod, points, live }: Question,
  labels: Labels,
  egressAddresses: readonly EgressAddress[],
): readonly string[] {
  const others = pod.hostNetwork ? [] : egressAddresses.filter(({ takes }) => takes(pod, labels));
  return [...devices({ points, live }, labels), ...assumed(points, labels, others), ...inferred(pod)];
}

/** A point that knows pods by their own addresses, or by their nodes', never meets one that leaves under another. */
function assumed(points: Question['points'], labels: Labels, others: readonly EgressAddress[]): readonly string[] {
  const knowing = points.filter(({ point }) => {
    const { type, network } = point.spec.vantage;
    return covers(point, labels) && (type === 'Pod' || type === 'Node') && !network;
  });
  return knowing.flatMap(({ point }) =>
    others.map(({ id, addresses }) => {
      const which = addresses.length === 0 ? 'another address' : addresses.join(', ');
      return `${point.metadata.name}: assumed to see the pod before ${id} translates its address to ${which}`;
    }),
  );
}

/** Labels and names are what anybody can write. */
function inferred({ workload, workloadBy }: Pod): readonly string[] {
  if (workloadBy === undefined) return [];
  return [
    `workload ${workload}: inferred from its controller's naming convention, because the owner of the pod's owner was not given`,
  ];
}

function devices({ points, live }: Pick<Question, 'points' | 'live'>, labels: Labels): readonly string[] {
  const covering = points.filter(({ point }) => covers(point, labels));
  if (covering.length === 0) return ['only the intent: no enforcement point covers the namespace'];
  return covering.map((one) => `${one.point.metadata.name}: ${basisOf(one, live)}`);
}

function basisOf({ point, proxies }: DesiredPoint, live: boolean): string {
  if (point.spec.mode === 'Observe') return 'it is in mode Observe, so no Postern rule is in force there';
  if (live) {
    const all = proxies && Object.values(proxies.by);
    const sum = (field: 'pods' | 'current'): number => (all ?? []).reduce((total, count) => total + count[field], 0);
    const had = all === undefined ? '' : `, which ${sum('current')} of ${sum('pods')} proxies have`;
    return `what was just read back from it${had}`;
  }
  const reported = reportedPoint(point);
  if (reported === undefined) return 'what would be written there; use --live to read the device';
  const synced = pointStatusSchema.safeParse(point['status']).data?.lastSyncTime;
  const since = synced === undefined ? '' : `, last read back ${synced}`;
  return `what would be written there, and its status, ${reported.message.replace(/\.$/, '')}${since}`;
}
