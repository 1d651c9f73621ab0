import type { ServedCluster } from './processes/api-server-process.ts';
import type { FollowOptions } from './processes/follow-process.ts';
import type { Followed } from './processes/followed.ts';
import { podOf } from './worlds/cluster.ts';
import { watchLag } from './processes/lag.ts';
import { podWriter } from './worlds/pod-text.ts';
import { row, reference, type Row } from './row.ts';
import { follow, serve } from './served.ts';

const injected = { pods: 50_000, namespaces: 1_000, policies: 0, points: 0, profile: 'istio' } as const;
const large = { pods: 150_000, namespaces: 10_000, policies: 10_000, points: 20, profile: 'istio' } as const;

/** Reading the cluster at the start: what a list costs, and when the first desired state is there. */
export async function* benchList(): AsyncGenerator<Row> {
  const parsing = secondsToParse(injected.pods);
  yield reference('list 50000 Istio-injected pods, parsing their JSON alone, CPU', parsing, 's');
  for (const [manner, streamsLists] of [
    ['pages', false],
    ['WatchList', true],
  ] as const) {
    const what = `list 50000 Istio-injected pods by ${manner}`;
    const read = await readBy({ ...injected, streamsLists }, 'pods');
    yield row(`${what}, CPU`, read.cpuSeconds, 's', 4);
    yield row(`${what}, CPU over parsing alone`, read.cpuSeconds / parsing, 'ratio', 1.5);
    yield row(`${what}, peak resident`, read.peakMib, 'MiB', 250);
    yield row(`${what}, event loop lag p99`, read.lag.p99, 'ms', 50);
    yield reference(`${what}, event loop lag p99, of its own CPU`, read.lag.ownP99, 'ms');
    const wire = await readBy({ ...injected, streamsLists, protobuf: true }, 'pods');
    yield row(`${what} in protobuf, CPU`, wire.cpuSeconds, 's', 1.2);
    yield reference(`${what} in protobuf, wall`, wire.wallSeconds, 's');
    yield row(`${what} in protobuf, peak resident`, wire.peakMib, 'MiB', 250);
    yield row(`${what} in protobuf, event loop lag p99`, wire.lag.p99, 'ms', 50);
    yield reference(`${what} in protobuf, event loop lag p99, of its own CPU`, wire.lag.ownP99, 'ms');
  }
  for (const [encoding, protobuf] of [
    ['', false],
    [' in protobuf', true],
  ] as const) {
    const idle = watchLag();
    const all = await readBy({ ...large, streamsLists: true, protobuf }, 'cluster');
    const what = `list 150000 Istio-injected pods, 10000 policies${encoding}`;
    yield row(`${what}, until ready to publish`, all.wallSeconds, 's', 12);
    yield reference(`${what}, CPU`, all.cpuSeconds, 's');
    yield row(`${what}, peak resident`, all.peakMib, 'MiB', 400);
    yield row(`${what}, event loop lag p99`, all.lag.p99, 'ms', 50);
    yield reference(`${what}, event loop lag p99, of its own CPU`, all.lag.ownP99, 'ms');
    yield reference(`${what}, event loop lag p99 of an idle process beside it`, idle.stop().p99, 'ms');
  }
}

async function readBy(cluster: ServedCluster, scope: FollowOptions['scope']): Promise<Followed> {
  const server = await serve(cluster);
  const follower = await follow(server, scope);
  const read = await follower.hear<Followed>();
  await Promise.all([follower.stop(), server.process.stop()]);
  return read;
}

/** What no reader of JSON can go below: the parser of the engine, on the same texts. */
function secondsToParse(pods: number): number {
  const write = podWriter('istio');
  const sample = Array.from({ length: 2_000 }, (_, i) =>
    Buffer.from(write(podOf(i, injected.namespaces), i)).toString(),
  );
  const before = process.cpuUsage();
  for (const text of sample) JSON.parse(text);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) / 1e6) * (pods / sample.length);
}
