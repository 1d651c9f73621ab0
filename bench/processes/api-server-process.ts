import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { kinds } from '../../src/api/kinds.ts';
import type { ObjectChange } from '../../src/core/model/snapshot.ts';
import { collectionPath } from '../../src/kube/client/paths.ts';
import { clusterOf, podOf, type Size } from '../worlds/cluster.ts';
import { argument, onMessage, tell } from './parent.ts';
import { podWriter, type Profile } from '../worlds/pod-text.ts';
import { podWireWriter } from '../worlds/pod-wire.ts';
import { framed, sized, wrapped } from '../../test/kit/protobuf.ts';

/*
 * An API server that lists and watches a large cluster and does nothing else: in pages if asked for, whole if not, or as
 * the beginning of a watch. Pods are written on the way out. Told `{pods: N}`, it has N more, and says so on the watch.
 */

export interface ServedCluster extends Size {
  readonly profile: Profile;
  /** Does it send lists on watches? */
  readonly streamsLists: boolean;
  /** Does it write pods as protobuf to whom accepts it? */
  readonly protobuf?: boolean;
}

interface Collection {
  size: number;
  readonly text: (index: number) => string;
}

const settings = argument() as ServedCluster;
const version = '1000000';
const write = podWriter(settings.profile);
const writeWire = podWireWriter(settings.profile);
const pods: Collection = { size: settings.pods, text: (index) => write(podOf(index, settings.namespaces), 1 + index) };
const collections = new Map<string, Collection>([['/api/v1/pods', pods]]);
const paths: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  Node: '/api/v1/nodes',
  ...Object.fromEntries(
    Object.entries(kinds).map(([kind, { plural }]) => [
      kind,
      collectionPath({ apiVersion: 'postern.dev/v1alpha1', plural }),
    ]),
  ),
};
const texts = new Map<string, string[]>([['/api/v1/serviceaccounts', accounts()]]);
for (const change of clusterOf(settings)) {
  const path = paths[change.kind];
  if (path === undefined || change.object === undefined) continue;
  const known = texts.get(path) ?? [];
  known.push(JSON.stringify(apiObject(change)));
  texts.set(path, known);
}
for (const path of [...Object.values(paths), ...texts.keys()]) {
  const known = texts.get(path) ?? [];
  collections.set(path, { size: known.length, text: (index) => known[index] ?? '' });
}

function accounts(): string[] {
  return Array.from({ length: settings.namespaces }, (_, i) =>
    JSON.stringify({ metadata: { name: 'default', namespace: `team-${i}`, uid: `sa-${i}`, resourceVersion: '1' } }),
  );
}

/** The object as the API has it; those of ours are as they are here. */
function apiObject(change: ObjectChange): unknown {
  const meta = (name: string, labels: unknown): unknown => ({ name, labels, uid: `uid-${name}`, resourceVersion: '1' });
  if (change.kind === 'Namespace') return { metadata: meta(change.key, change.object?.labels) };
  if (change.kind === 'Node') {
    const addresses = change.object?.addresses.map((address) => ({ type: 'InternalIP', address }));
    return { metadata: meta(change.key, change.object?.labels), status: { addresses } };
  }
  const object = change.object as { readonly metadata: object };
  return { ...object, metadata: { ...object.metadata, resourceVersion: '1' } };
}

const watches = new Set<ServerResponse>();

async function send(response: ServerResponse, text: string | Buffer): Promise<void> {
  if (response.write(text) || response.closed) return;
  await new Promise<void>((resolve) => {
    const resume = (): void => {
      response.off('drain', resume).off('close', resume);
      resolve();
    };
    response.on('drain', resume).on('close', resume);
  });
}

async function list({ size, text }: Collection, query: URLSearchParams, response: ServerResponse): Promise<void> {
  const start = Number(query.get('continue') ?? 0);
  const limit = Number(query.get('limit') ?? 0);
  const end = limit === 0 ? size : Math.min(size, start + limit);
  const metadata = { resourceVersion: version, ...(end < size && { continue: String(end) }) };
  await send(response, `{"kind":"List","apiVersion":"v1","metadata":${JSON.stringify(metadata)},"items":[`);
  for (let from = start; from < end; from += 50) {
    const items = Array.from({ length: Math.min(50, end - from) }, (_, i) => text(from + i)).join(',');
    await send(response, (from === start ? '' : ',') + items);
  }
  response.end(']}');
}

const wirePod = (index: number): Buffer => writeWire(podOf(index, settings.namespaces), 1 + index);

async function listWire(query: URLSearchParams, response: ServerResponse): Promise<void> {
  const start = Number(query.get('continue') ?? 0);
  const end = Math.min(pods.size, start + Number(query.get('limit') ?? pods.size));
  const meta = sized(1, sized(2, version), sized(3, end < pods.size ? String(end) : ''));
  const items = Array.from({ length: end - start }, (_, i) => sized(2, wirePod(start + i)));
  await send(response, wrapped('PodList', meta, ...items));
  response.end();
}

async function watchWire(response: ServerResponse): Promise<void> {
  response.flushHeaders();
  for (let from = 0; from < pods.size; from += 50) {
    const length = Math.min(50, pods.size - from);
    const each = Array.from({ length }, (_, i) => framed('ADDED', wrapped('Pod', wirePod(from + i))));
    await send(response, Buffer.concat(each));
  }
  const annotation = sized(12, sized(1, 'k8s.io/initial-events-end'), sized(2, 'true'));
  await send(response, framed('BOOKMARK', wrapped('Pod', sized(1, sized(6, version), annotation))));
}

async function watch(path: string, query: URLSearchParams, response: ServerResponse): Promise<void> {
  const collection = collections.get(path);
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.flushHeaders();
  if (query.get('sendInitialEvents') === 'true' && collection !== undefined) {
    await events(response, collection, 0, collection.size);
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    const metadata = { name: '', resourceVersion: version, annotations };
    await send(response, `${JSON.stringify({ type: 'BOOKMARK', object: { metadata } })}\n`);
  }
  if (path !== '/api/v1/pods') return;
  watches.add(response);
  response.on('close', () => watches.delete(response));
}

async function events(response: ServerResponse, { text }: Collection, start: number, end: number): Promise<void> {
  for (let from = start; from < end; from += 50) {
    const each = Array.from(
      { length: Math.min(50, end - from) },
      (_, i) => `{"type":"ADDED","object":${text(from + i)}}\n`,
    );
    await send(response, each.join(''));
  }
}

function serveWire(isWatch: boolean, query: URLSearchParams, response: ServerResponse): void {
  response.setHeader('Content-Type', 'application/vnd.kubernetes.protobuf');
  if (!isWatch) void listWire(query, response);
  else if (query.get('sendInitialEvents') === 'true') void watchWire(response);
  else response.flushHeaders();
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://bench');
  const collection = collections.get(pathname);
  const isWatch = ['true', '1'].includes(searchParams.get('watch') ?? '');
  const unable = isWatch && searchParams.has('sendInitialEvents') && !settings.streamsLists;
  if (collection === undefined || unable) {
    const code = unable ? 422 : 404;
    response.writeHead(code, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ kind: 'Status', status: 'Failure', code, reason: unable ? 'Invalid' : 'NotFound' }));
    return;
  }
  if (settings.protobuf === true && collection === pods && (request.headers.accept ?? '').includes('protobuf')) {
    serveWire(isWatch, searchParams, response);
    return;
  }
  response.setHeader('Content-Type', 'application/json');
  void (isWatch ? watch(pathname, searchParams, response) : list(collection, searchParams, response));
}

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => tell({ port: (server.address() as AddressInfo).port }));
onMessage((message) => {
  const more = message as Pick<Size, 'pods'>;
  const before = pods.size;
  pods.size += more.pods;
  for (const response of watches) void events(response, pods, before, pods.size);
});
