import { AdapterError } from '../../../adapter/errors.ts';
import { maxOf } from '../../../core/model/extremes.ts';
import type { Problem } from '../../../api/problem.ts';
import type { Pod, Snapshot } from '../../../core/model/snapshot.ts';
import { syntheticPod } from '../../../core/model/pods.ts';
import { lazyObjects } from '../../../kube/client/connect.ts';
import { pods } from '../../../kube/mesh/kinds.ts';
import { findPod, flowIn } from '../../../verify/why/question.ts';
import type { AskedFlow, Step, Why } from '../../../verify/why/step.ts';
import { covers } from '../../../verify/layers.ts';
import { namespaceLabels } from '../../../verify/values/selector.ts';
import { withUnread } from '../../../verify/why/unread.ts';
import { whyOf } from '../../../verify/why/why.ts';
import { isData, writeData, type DataFormat } from '../../data.ts';
import { exitFor, painter, writeProblems, type ExitCode, type Io } from '../../io.ts';
import type { Paint } from '../../../core/text/paint.ts';
import { UsageError } from '../../../core/model/usage-error.ts';
import { AssignmentIndex } from '../../../core/addresses/assignment-index.ts';
import { requireRead } from '../../../inspect/points.ts';
import { recordOfNow } from '../../../inspect/who.ts';
import type { RefusedEntry } from '../../../report/report.ts';
import { refusedIn } from '../refused/refused-entries.ts';
import type { RefusedLog } from '../refused/refused-log.ts';
import { whyAt } from './why-at.ts';
import { readLayers, type LayersOptions } from '../../../inspect/layers/read.ts';

export interface WhyOptions extends LayersOptions {
  readonly output: 'text' | DataFormat;
  /** `namespace/name`, instead of a pod. */
  readonly fromServiceaccount?: string;
  /** A moment on record, instead of now. */
  readonly at?: string;
  readonly auditDir?: string;
  /** What it says of the flow is told, too. */
  readonly refusedLog?: RefusedLog;
}

/** Walks one flow through every layer and says what stops it, or what lets it out. Writes nothing, nowhere. */
export async function why(args: readonly string[], options: WhyOptions, io: Io): Promise<ExitCode> {
  const { who, flow } = question(args, options.fromServiceaccount);
  if (options.at !== undefined && options.refusedLog !== undefined)
    throw new UsageError('--refused-log goes by the addresses that pods have now: leave out --at');
  if (options.at !== undefined) return whyAt(who, flow, { ...options, at: options.at }, io);
  const { layers, points, left, problems, unread } = await readLayers(
    { ...options, enforcing: true, asksProxies: true },
    io,
  );
  const { snapshot } = layers;
  const pod = options.fromServiceaccount === undefined ? podNamed(snapshot, problems, who) : podOf(snapshot, who);
  const watching = left.flatMap(({ name }) =>
    snapshot.enforcementPoints.filter(({ metadata }) => metadata.name === name),
  );
  const nothing = { groups: [], rules: [] };
  const known = whyOf(layers, {
    pod,
    object: await wholePod(pod, flow, options, io),
    flow,
    live: options.live === true,
    points: [...points, ...watching.map((point) => ({ point, desired: nothing }))],
  });
  const labels = namespaceLabels(pod.namespace, snapshot.namespaces.find(({ name }) => name === pod.namespace)?.labels);
  const answer = withUnread(known, unread, pod, (point) =>
    snapshot.enforcementPoints.some((one) => one.metadata.name === point && !covers(one, labels)),
  );
  const refused = options.refusedLog && (await refusedFor(pod, args.at(-1) ?? '', options.refusedLog, snapshot));
  if (isData(options.output)) writeData({ ...answer, ...(refused && { refused }) }, options.output, io);
  else {
    writeProblems(problems, io);
    io.out.write(text(answer, painter(io.out, io.environment)) + refusedText(refused));
  }
  return exitFor(problems);
}

/** The pod as the cluster has it, for how it looks up the name; undefined: not asked for, not there, or not for us to read. */
async function wholePod(
  { namespace, name }: Pod,
  { host }: AskedFlow,
  options: WhyOptions,
  { signal }: Io,
): Promise<unknown> {
  if (host === undefined || options.filename !== undefined) return undefined;
  try {
    return await lazyObjects(options, signal).get(pods, { namespace, name });
  } catch (error) {
    if (error instanceof AdapterError && error.errorClass === 'forbidden') return undefined;
    throw error;
  }
}

/** What a log says of the workload and the host, by the addresses that pods have now. */
async function refusedFor(
  { namespace, workload }: Pod,
  asked: string,
  log: RefusedLog,
  snapshot: Snapshot,
): Promise<readonly RefusedEntry[]> {
  const host = asked.slice(0, asked.lastIndexOf(':'));
  const all = await refusedIn(log, new AssignmentIndex(recordOfNow(snapshot, Infinity)));
  return all.filter(({ who, to }) => who === `${namespace}/${workload}` && (to === host || to.startsWith(`${host}:`)));
}

function refusedText(refused: readonly RefusedEntry[] | undefined): string {
  if (refused?.length === 0) return 'The log tells of no refusal.\n';
  const lines = refused?.map(
    ({ by, times, last }) => `Refused, as the log says: ${by}; ${times} times, last at ${last}.\n`,
  );
  return lines?.join('') ?? '';
}

interface Question {
  /** `namespace/name` */
  readonly who: string;
  readonly flow: AskedFlow;
}

function question(args: readonly string[], account: string | undefined): Question {
  const wanted = account === undefined ? 2 : 1;
  if (args.length !== wanted) {
    throw new UsageError('ask `why NAMESPACE/POD HOST:PORT`, or `why HOST:PORT --from-serviceaccount NAMESPACE/NAME`');
  }
  const who = account ?? args[0] ?? '';
  if (!/^[^/]+\/.+$/.test(who)) throw new UsageError(`"${who}" is not NAMESPACE/NAME`);
  return { who, flow: flowIn(args[wanted - 1] ?? '') };
}

/** The pod or workload that is asked about. @throws UsageError when it is not there, or is there and cannot be read */
function podNamed(snapshot: Snapshot, problems: readonly Problem[], who: string): Pod {
  const isThere = snapshot.pods.some(({ namespace, name }) => `${namespace}/${name}` === who);
  if (!isThere) requireRead(problems, `Pod/${who}`);
  return findPod(snapshot, who);
}

/** A pod under the ServiceAccount, or what one without labels and address would be. */
function podOf({ pods }: Snapshot, who: string): Pod {
  const [namespace = '', serviceAccount = ''] = who.split('/');
  const there = pods.find((pod) => pod.namespace === namespace && pod.serviceAccount === serviceAccount);
  return (
    there ??
    syntheticPod({
      uid: '',
      namespace,
      name: `a pod under ${serviceAccount}`,
      labels: {},
      serviceAccount,
      workload: `ServiceAccount/${serviceAccount}`,
    })
  );
}

function text({ layers, sentence, verdict, restsOn }: Why, paint: Paint): string {
  const names = layers.map(({ layer, point }) => (point === null ? layer : `${layer} ${point}`));
  const width = maxOf(names.map((name) => name.length));
  const lines = layers.map((step, at) => line(step, (names[at] ?? '').padEnd(width), paint));
  const bases = paint(`  rests on ${restsOn.join('; ')}`, 'dim');
  const isUseless = verdict === 'Accept' && layers.some(({ layer }) => layer === 'dns');
  return `${lines.join('\n')}\n${bases}\n\n${paint(sentence, isUseless ? 'warn' : meanings[verdict])}\n`;
}

const signs = { Accept: ['lets', 'good'], Deny: ['stops', 'bad'], Unknown: ['may', 'warn'] } as const;
const meanings = { Accept: 'good', Deny: 'bad', Unknown: 'warn' } as const;

function line({ layer, verdict, rule, reason }: Step, name: string, paint: Paint): string {
  const [word, meaning] = layer === 'source' && verdict === 'Accept' ? (['meets', 'dim'] as const) : signs[verdict];
  const sign = paint(word.padEnd(5), meaning);
  return `  ${paint(name, 'strong')}  ${sign}  ${rule === '' ? '' : `${rule}: `}${reason}`;
}
