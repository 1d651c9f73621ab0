import type { Followed } from './processes/followed.ts';
import { watchLag } from './processes/lag.ts';
import { Process } from './processes/process.ts';
import { reference, row, type Row } from './row.ts';
import { follow, serve } from './served.ts';

const mib = 2 ** 20;
const large = { pods: 150_000, namespaces: 10_000, policies: 10_000, points: 20 };
const furtherPods = 20_000;
/** Nothing but pods, as the informer has them. */
const plain = {
  pods: 50_000,
  namespaces: 1_000,
  policies: 0,
  points: 0,
  profile: 'plain',
  streamsLists: true,
} as const;

/** What the controller's view of a large cluster weighs, and the same pods in the official informer beside it. */
export async function* benchMemory(): AsyncGenerator<Row> {
  yield* await largeCluster();
  yield* await besideTheInformer();
}

async function largeCluster(): Promise<Row[]> {
  const server = await serve({ ...large, profile: 'plain', streamsLists: true });
  const idle = watchLag();
  const follower = await follow(server, 'cluster');
  const first = await follower.hear<Followed>();
  const beside = idle.stop();
  server.process.tell({ pods: furtherPods });
  follower.tell({ pods: large.pods + furtherPods });
  const further = await follower.hear<Pick<Followed, 'retained'>>();
  await Promise.all([follower.stop(), server.process.stop()]);
  const what = 'memory 150000 pods, 10000 policies';
  return [
    row(`${what}, resident`, first.residentMib, 'MiB', 400),
    reference(`${what}, peak resident`, first.peakMib, 'MiB'),
    reference(`${what}, retained`, first.retained / mib, 'MiB'),
    row(`${what}, for each further pod`, (further.retained - first.retained) / furtherPods, 'bytes', 700),
    row(`${what}, event loop lag p99`, first.lag.p99, 'ms', 50),
    reference(`${what}, event loop lag p99, of its own CPU`, first.lag.ownP99, 'ms'),
    reference(`${what}, event loop lag p99 of an idle process beside it`, beside.p99, 'ms'),
  ];
}

async function besideTheInformer(): Promise<Row[]> {
  const server = await serve(plain);
  const follower = await follow(server, 'cluster');
  const ours = await follower.hear<Followed>();
  await follower.stop();
  const informer = await Process.start('informer', { port: server.port });
  const theirs = await informer.hear<Followed>();
  await Promise.all([informer.stop(), server.process.stop()]);
  const what = 'memory 50000 plain pods';
  return [
    row(`${what}, retained, over the official informer`, ours.retained / theirs.retained, 'ratio', 1 / 20),
    row(`${what}, peak resident`, ours.peakMib, 'MiB', 250),
    row(`${what}, event loop lag p99`, ours.lag.p99, 'ms', 50),
    reference(`${what}, retained`, ours.retained / mib, 'MiB'),
    reference(`${what}, event loop lag p99, of its own CPU`, ours.lag.ownP99, 'ms'),
    reference(`${what}, official informer: retained`, theirs.retained / mib, 'MiB'),
    reference(`${what}, official informer: peak resident`, theirs.peakMib, 'MiB'),
    reference(`${what}, official informer: event loop lag p99`, theirs.lag.p99, 'ms'),
    reference(`${what}, official informer: event loop lag p99, of its own CPU`, theirs.lag.ownP99, 'ms'),
    reference(`${what}, official informer: event loop lag max`, theirs.lag.max, 'ms'),
    reference(`${what}, official informer: CPU over ours`, theirs.cpuSeconds / ours.cpuSeconds, 'ratio'),
  ];
}
