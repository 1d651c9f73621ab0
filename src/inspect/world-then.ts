import { minOf } from '../core/model/extremes.ts';
import { readAddresses } from '../audit/addresses/address-files.ts';
import { LinesWithStates } from '../audit/files/lines-with-states.ts';
import { resolutionMs, type AddressRecord, type Assignment } from '../core/addresses/assignment.ts';
import { grouped } from '../core/model/grouped.ts';
import { compareText } from '../api/problem.ts';
import { holeSentences } from '../core/audit/continuity.ts';
import { formatInstant } from '../core/time/instant.ts';
import { policiesThen, type AddressesThen, type PointThen } from '../report/record/policies-then.ts';
import type { PodPolicies } from '../verify/intent/intent.ts';
import { inCluster, type RecordSource } from '../core/audit/record-source.ts';
import { readRecord } from './report/record.ts';

/** The live pods of one workload under one ServiceAccount at a moment on record, each with what devices let it do. */
export interface WorkloadThen {
  /** Absent: there is only one. */
  readonly cluster?: string;
  readonly namespace: string;
  readonly workload: string;
  readonly serviceAccount: string;
  readonly pods: readonly PodPolicies[];
}

/** Who was there at a moment on record, and what devices let them do. */
export interface WorldThen {
  /** RFC 3339 */
  readonly at: string;
  readonly workloads: readonly WorkloadThen[];
  readonly points: readonly (PointThen & { readonly adapter: string })[];
  /** What is not known, or may be otherwise; a sentence each. */
  readonly doubts: readonly string[];
}

/**
 * From the records of writes and the records of addresses beside them: no cluster and no device is asked. Of several clusters each
 * workload passes the points of its own.
 *
 * @param at milliseconds since the epoch
 */
export async function worldThen(sources: readonly RecordSource[], at: number): Promise<WorldThen> {
  const worlds: WorldThen[] = [];
  for (const source of sources) worlds.push(await worldOf(source, at));
  return {
    at: formatInstant(at),
    workloads: worlds.flatMap(({ workloads }) => workloads),
    points: worlds.flatMap(({ points }) => points),
    doubts: worlds.flatMap(({ doubts }) => doubts),
  };
}

/** The last moment that all these records of addresses know, in milliseconds since the epoch; `now` where there is none. */
export async function lastOnRecord(sources: readonly RecordSource[], now: number): Promise<number> {
  const ends: number[] = [now];
  for (const { directory } of sources) ends.push((await readAddresses(directory)).record.to ?? now);
  return minOf(ends);
}

async function worldOf(source: RecordSource, at: number): Promise<WorldThen> {
  const moment = formatInstant(at);
  const { directory, cluster } = source;
  const [{ record, faults }, states] = await Promise.all([
    readAddresses(directory),
    readRecord(new LinesWithStates(directory), { until: moment, verify: false }),
  ]);
  const begun = [...states].filter(([, { record: state }]) => state.records > 0);
  const points = begun.map(([name, { record: state }]) => ({
    ...{ name: inCluster(source, name), adapter: state.adapter, state },
  }));
  const doubts = [
    ...faults.map((fault) => `A line of the record of addresses cannot be read: ${fault}.`),
    ...outsideOf(record, at),
    ...(points.length === 0 ? ['Nothing is on record of any enforcement point then.'] : []),
    ...begun.flatMap(([name, { record: state }]) => holeSentences(state.holes, inCluster(source, name))),
    ...points.flatMap(({ name, state }) =>
      state.uncertain.length === 0 ? [] : [`Writes to ${name} were underway then: what they are about is not known.`],
    ),
  ].map((doubt) => (cluster === undefined ? doubt : `${cluster}: ${doubt}`));
  const policiesOf = policiesThen(points);
  const workloads = workloadsAt(record, at).map(({ pods, ...who }) => ({
    ...(cluster !== undefined && { cluster }),
    ...who,
    pods: pods.map(policiesOf),
  }));
  return { at: moment, workloads, points, doubts };
}

interface HeldThen extends Omit<WorkloadThen, 'pods'> {
  readonly pods: readonly AddressesThen[];
}

/** Why the record of addresses does not know who was there. */
export function outsideOf({ from, to, gaps }: AddressRecord, at: number): readonly string[] {
  if (from === undefined || to === undefined) return ['There is no record of addresses here.'];
  if (at < from || at > to + resolutionMs)
    return [`The record of addresses goes from ${formatInstant(from)} to ${formatInstant(to)}.`];
  return gaps.some((gap) => gap.from <= at && at < gap.to) ? ['No addresses were recorded then.'] : [];
}

function workloadsAt({ assignments }: AddressRecord, at: number): readonly HeldThen[] {
  const held = assignments.filter(({ since, until = Infinity }) => since <= at && at < until);
  const onNode = grouped(held.filter(({ hostNetwork }) => hostNetwork).map((one) => [one.node, one.address] as const));
  const byWorkload = grouped(
    held.map((one) => [JSON.stringify([one.namespace, one.workload, one.serviceAccount]), one] as const),
  );
  return [...byWorkload.values()]
    .flatMap(([first, ...others]) => (first ? [workloadOf([first, ...others], onNode)] : []))
    .sort((a, b) => compareText(textOf(a), textOf(b)));
}

function textOf({ namespace, workload, serviceAccount }: HeldThen): string {
  return [namespace, workload, serviceAccount].join('\0');
}

function workloadOf(
  held: readonly [Assignment, ...Assignment[]],
  onNode: ReadonlyMap<string, readonly string[]>,
): HeldThen {
  const [{ namespace, workload, serviceAccount }] = held;
  const pods = grouped(held.map((one) => [one.pod, one] as const));
  return {
    namespace,
    workload,
    serviceAccount,
    pods: [...pods.values()].map((own) => ({
      own: own.flatMap(({ hostNetwork, address }) => (hostNetwork ? [] : [address])),
      shared: [...new Set(own.flatMap(({ node }) => onNode.get(node) ?? []))],
    })),
  };
}
