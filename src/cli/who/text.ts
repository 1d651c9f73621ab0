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
  const nobody = doubts.length > 0 ? ['  Not known.'] : others.length > 0 ? [] : ['  Nobody had it.'];
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
  '  On networks beside the pod network, as annotations k8s.v1.cni.cncf.io/network-status say, which whoever may change the pod can write:';

function givenText({ by, workloads }: WhoAnswer['given'][number]): string {
  const whom = workloads.length === 0 ? 'no pod' : `the pods of ${firstFew(workloads, shownBehind)}`;
  return `  ${by} gives it to ${whom} on the way out of the cluster.`;
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
        ? 'Which of them it was cannot be told: the address changed hands about then.'
        : 'It may have been nobody: the pod was seen with the address later, or about then for the last time.';
    case 'several':
      return 'Several pods had the address at once, as the API server said: which of them it was cannot be told.';
    case 'claimed':
      return 'No pod has the address by its status, and what an annotation says is proof of nothing.';
    case 'gap':
      return `From ${timeText(doubt.gap.from)} to ${timeText(doubt.gap.to)} nobody kept the record: pods that came and went between are not in it.`;
    case 'outside':
      return doubt.from === undefined || doubt.to === undefined
        ? 'There is no record of addresses here: `postern run` and `postern controller` keep it beside the audit record when they read a cluster, and not with --manifests.'
        : `The record goes from ${timeText(doubt.from)} to ${timeText(doubt.to)}.`;
  }
}

function behindText(behind: readonly Assignment[]): string {
  const workloads = [...new Set(behind.map(({ namespace, workload }) => `${namespace}/${workload}`))];
  return `  Where the network hides pods behind nodes, what leaves under the address of the node may also have been one of ${counted(behind.length, 'pod')} there: ${firstFew(workloads, shownBehind)}.`;
}

/** Who was refused what, by whom, and how often. */
export function refusalsText(all: readonly Refusal[], paint: Paint): string {
  if (all.length === 0) return 'The log tells of nobody who was refused.\n';
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
