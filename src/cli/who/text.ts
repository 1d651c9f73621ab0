import type { Assignment } from '../../core/addresses/assignment.ts';
import type { Doubt } from '../../core/addresses/assignment-index.ts';
import type { Paint } from '../../core/text/paint.ts';
import { tableLines } from '../../core/text/text-table.ts';
import { counted, firstFew } from '../../core/text/wording.ts';
import type { Refusal } from '../../traffic-log/refusals.ts';
import type { WhoAnswer } from '../../inspect/who.ts';

const shownBehind = 10;

/** Who it was, how sure that is, and what the address could reach. */
export function whoText(found: WhoAnswer, paint: Paint): string {
  const { address, at, holders, claimed, nodes, given, doubts, behindNode, points, pointsBy, faults, missing } = found;
  const head = `${paint(address, 'strong')} at ${timeText(at)}`;
  const others = [...nodes.map((node) => `  It is an address of node ${node}.`), ...given.map(givenText)];
  const nobody = doubts.length > 0 ? ['  Not known.'] : others.length > 0 ? [] : ['  No pod had it.'];
  const who = [...(holders.length > 0 ? [holderTable(holders, paint)] : nobody), ...others];
  const notes = [
    ...doubts.map((doubt) => doubtText(doubt, holders)),
    ...faults.map((fault) => `A line of the record cannot be read, and nothing after it in its file counts: ${fault}`),
    ...missing,
  ];
  const blocks = [
    [head, ...who].join('\n'),
    claimed.length === 0 ? '' : `${claimedHead}\n${holderTable(claimed, paint)}`,
    notes.map((note) => paint(`  ${note}`, 'warn')).join('\n'),
    behindNode.length === 0 ? '' : behindText(behindNode),
    ...points.map(({ point, groups, rules }) => {
      const lines = rules.map(
        ({ title, policies, since }) =>
          `    ${title}  ${paint([...policies, ...(since === undefined ? [] : [`since ${since}`])].join(', '), 'dim')}`,
      );
      const where = pointsBy === 'intent' ? 'By the intent, at' : 'At';
      return [`  ${where} ${paint(point, 'strong')} in: ${groups.join('; ')}`, ...lines].join('\n');
    }),
    points.length === 0 ? `  ${nowhere[pointsBy]}` : '',
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

const nowhere = {
  intent: 'By the intent in no group of any enforcement point; what devices have is on record: --record.',
  record: 'In no group of any enforcement point.',
} as const;

const claimedHead =
  '  On additional networks, as annotations k8s.v1.cni.cncf.io/network-status say (everyone who may change the pod can write them):';

function givenText({ by, workloads }: WhoAnswer['given'][number]): string {
  const whom = workloads.length === 0 ? 'no pod' : `the pods of ${firstFew(workloads, shownBehind)}`;
  return `  ${by} assigns it to ${whom} as egress address.`;
}

function holderTable(holders: readonly Assignment[], paint: Paint): string {
  const rows = holders.map(
    ({ namespace, workload, pod, serviceAccount, node, since, earliest, until, hostNetwork, network }) => [
      `  ${namespace}/${workload}`,
      hostNetwork ? `${pod} (host network)` : network === undefined ? pod : `${pod} (${network})`,
      serviceAccount,
      node || '-',
      since === 0 ? '-' : timeText(Math.min(since, earliest)),
      until === undefined ? 'still' : timeText(until),
    ],
  );
  const [head = '', ...lines] = tableLines([
    ['  WORKLOAD', 'POD', 'SERVICEACCOUNT', 'NODE', 'SINCE', 'UNTIL'],
    ...rows,
  ]);
  return [paint(head, 'dim'), ...lines].join('\n');
}

export function doubtText(doubt: Doubt, holders: readonly Assignment[]): string {
  switch (doubt.kind) {
    case 'at-the-edge':
      return holders.length > 1
        ? 'It cannot be told which of them it was: the address changed hands at about that time.'
        : 'Perhaps no pod had it: the pod was first seen with the address later, or last seen at about that time.';
    case 'several':
      return 'Several pods had the address at once, according to the API server: it cannot be told which of them it was.';
    case 'claimed':
      return 'No pod has the address by its status, and an annotation proves nothing.';
    case 'gap':
      return `From ${timeText(doubt.gap.from)} to ${timeText(doubt.gap.to)} no record was kept: pods that started and ended in between are not in it.`;
    case 'outside':
      return doubt.from === undefined || doubt.to === undefined
        ? 'There is no record of addresses here: `postern run` and `postern controller` keep it beside the audit record when they read a cluster, and not with --manifests.'
        : `The record goes from ${timeText(doubt.from)} to ${timeText(doubt.to)}.`;
  }
}

function behindText(behind: readonly Assignment[]): string {
  const workloads = [...new Set(behind.map(({ namespace, workload }) => `${namespace}/${workload}`))];
  return `  Where the network hides pods behind nodes, the source may also have been one of ${counted(behind.length, 'pod')} there: ${firstFew(workloads, shownBehind)}.`;
}

/** Refused flows, the rule that refused them, and how often. */
export function refusalsText(all: readonly Refusal[], paint: Paint): string {
  if (all.length === 0) return 'The log has no refused flow.\n';
  const rows = all.map(({ who, serviceAccount, to, by, times, last }) => {
    return [who, serviceAccount || '-', to || '-', `${times}`, timeText(last), by];
  });
  const [head = '', ...lines] = tableLines(
    [['WHO', 'SERVICEACCOUNT', 'TO', 'TIMES', 'LAST', 'REFUSED BY'], ...rows],
    [3],
  );
  return `${[paint(head, 'dim'), ...lines].join('\n')}\n`;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
