import { loadAdapter } from '../../../../adapters/index.ts';
import { placeOf, secretKeysOf } from '../../../adapter/registry.ts';
import type { EnforcementPoint } from '../../../api/kinds.ts';
import { compareProblems, type Problem } from '../../../api/problem.ts';
import type { RecordSource } from '../../../core/audit/record-source.ts';
import type { Paint } from '../../../core/text/paint.ts';
import { UsageError } from '../../../core/model/usage-error.ts';
import { counted } from '../../../core/text/wording.ts';
import { checkPoint, hasUnreadPoint } from '../../../inspect/points.ts';
import { readIntent, type Intent, type IntentOptions } from '../../../inspect/intent.ts';
import { lazyObjects } from '../../../kube/client/connect.ts';
import { egressAddressObjects, unfollowedEgressObjects } from '../../../kube/mesh/egress-addresses.ts';
import { egressAddressesIn } from '../../../verify/egress-addresses/objects.ts';
import { remainingFrom } from '../../../verify/values/time.ts';
import { printableLine } from '../../../log/printable.ts';
import { inCommon, lintClusters, type ClusterProblem, type LintedCluster } from '../../../lint/clusters.ts';
import { lint as lintSnapshot } from '../../../lint/lint.ts';
import { isData, writeData, type DataFormat } from '../../data.ts';
import { exitFor, painter, severityMeanings, type ExitCode, type Io } from '../../io.ts';

export interface LintOptions extends IntentOptions {
  readonly output: 'text' | DataFormat;
  /** Look at the objects of the mesh, too: ours and those of others. */
  readonly mesh?: true;
  readonly live?: true;
  /** The manifests of several clusters, instead of files. */
  readonly clusters?: readonly RecordSource[];
}

type Found = Problem & Partial<Pick<ClusterProblem, 'clusters'>>;

/** Everything a person should know about files or a cluster: what does not count, and what counts but should be looked at. */
export async function lint(options: LintOptions, io: Io): Promise<ExitCode> {
  checkSource(options);
  const { clusters } = options;
  const found = clusters === undefined ? (await lintOne(options, io)).problems : await lintAll(clusters, options, io);
  const all = distinct(found).sort(compareProblems);
  if (isData(options.output)) writeData({ problems: all, counts: countsOf(all) }, options.output, io);
  else io.out.write(text(all, painter(io.out, io.environment)));
  return exitFor(all);
}

/** Each cluster by itself, and then together. */
async function lintAll(
  clusters: readonly RecordSource[],
  options: LintOptions,
  io: Io,
): Promise<readonly ClusterProblem[]> {
  const found: (LintedCluster & { readonly problems: readonly Problem[] })[] = [];
  for (const { cluster = '', directory } of clusters)
    found.push({ cluster, ...(await lintOne({ ...options, cluster, filename: [directory] }, io)) });
  const each = found.flatMap(({ cluster, problems }) => problems.map((problem) => [cluster, problem] as const));
  return [...inCommon(each), ...lintClusters(found)];
}

async function lintOne(
  options: LintOptions,
  io: Io,
): Promise<Omit<LintedCluster, 'cluster'> & { readonly problems: readonly Problem[] }> {
  const intent = await readIntent(options, io);
  const now = io.clock.now();
  const settleSeconds = await settleSecondsOf(intent.snapshot.enforcementPoints);
  const others = options.live === true ? await addressesThere(options, io) : intent.foreignObjects;
  const places = await placesOf(intent.snapshot.enforcementPoints);
  const secretKeys = await secretKeysByPoint(intent.snapshot.enforcementPoints);
  const around = { settleSeconds, places, secretKeys, egressAddresses: egressAddressesIn(others, intent.snapshot) };
  const isUnread = hasUnreadPoint(intent.problems);
  const found = lintSnapshot(intent.snapshot, new Date(now).toISOString(), remainingFrom(now), around).filter(
    ({ code }) => !(isUnread && code === 'no-enforcement-point'),
  );
  const refused = (await Promise.all(intent.snapshot.enforcementPoints.map(checkPoint))).flat();
  const inMesh = options.mesh === true ? await meshProblems(intent, options, io) : [];
  return { snapshot: intent.snapshot, places, problems: [...intent.problems, ...refused, ...inMesh, ...found] };
}

async function addressesThere(options: LintOptions, { signal }: Io): Promise<readonly unknown[]> {
  const cluster = lazyObjects(options, signal);
  return (
    await Promise.all([egressAddressObjects(cluster), unfollowedEgressObjects(cluster, await cluster.served())])
  ).flat();
}

function checkSource({ filename, live, clusters }: LintOptions): void {
  if (clusters !== undefined && (live === true || filename !== undefined))
    throw new UsageError('--clusters names the files of each cluster: leave out -f and --live');
  if (clusters !== undefined) return;
  if (live === true && filename !== undefined)
    throw new UsageError('lint looks at files or at the cluster: leave out -f or --live');
  if (live !== true && filename === undefined)
    throw new UsageError('the input is missing: give -f FILES, or --live for the cluster');
}

async function meshProblems(intent: Intent, options: LintOptions, io: Io): Promise<readonly Problem[]> {
  const { problemsInCluster, problemsWritten } = await import('../../../inspect/layers/mesh-problems.ts');
  return options.live === true ? problemsInCluster(intent, options, io) : problemsWritten(intent, io);
}

/** By kind of adapter, of those that are there. */
async function settleSecondsOf(points: readonly EnforcementPoint[]): Promise<ReadonlyMap<string, number>> {
  const kinds = [...new Set(points.map(({ spec }) => spec.adapter))];
  const known = await Promise.all(
    kinds.map(async (kind) => [kind, (await loadAdapter(kind))?.capabilities.settleSeconds ?? 0] as const),
  );
  return new Map(known);
}

/** By name, of those whose config says where they write to. */
async function placesOf(points: readonly EnforcementPoint[]): Promise<ReadonlyMap<string, string>> {
  const known = await Promise.all(
    points.map(async (point) => [point.metadata.name, await placeOf(loadAdapter, point)] as const),
  );
  return new Map(known.flatMap(([name, place]) => (place === undefined ? [] : [[name, place]])));
}

async function secretKeysByPoint(points: readonly EnforcementPoint[]): Promise<ReadonlyMap<string, readonly string[]>> {
  return new Map(
    await Promise.all(
      points.map(async (point) => [point.metadata.name, await secretKeysOf(loadAdapter, point)] as const),
    ),
  );
}

/** Problems that the compiler finds. */
function distinct(problems: readonly Found[]): Found[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

/** Object by object, the one with the worst problem first. */
function text(problems: readonly Found[], paint: Paint): string {
  if (problems.length === 0) return `${paint('Nothing to complain about.', 'good')}\n`;
  const subjects = [...new Set(problems.map(headOf))];
  const blocks = subjects.map((subject) => {
    const lines = problems
      .filter((problem) => headOf(problem) === subject)
      .map(({ severity, field, code, message }) => {
        const line = printableLine(field === '' ? message : `${field}: ${message}`);
        return `  ${paint(severity.padEnd(7), severityMeanings[severity])}  ${line} ${paint(`[${code}]`, 'dim')}`;
      });
    return [paint(printableLine(subject), 'strong'), ...lines].join('\n');
  });
  const { error, warning, info } = countsOf(problems);
  const numbers = [counted(error, 'error'), counted(warning, 'warning'), counted(info, 'note')];
  return `${blocks.join('\n\n')}\n\n${numbers.join(', ')}\n`;
}

function headOf({ subject, clusters }: Found): string {
  return clusters === undefined ? subject : `${clusters.join(', ')}: ${subject}`;
}

function countsOf(problems: readonly Problem[]): Record<Problem['severity'], number> {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { severity } of problems) counts[severity] += 1;
  return counts;
}
