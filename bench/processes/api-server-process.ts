import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { kinds } from '../../src/api/kinds.ts';
import type { ObjectChange } from '../../src/core/model/snapshot.ts';
import { collectionPath } from '../../src/kube/client/paths.ts';
import { clusterOf, podOf, type Size } from '../worlds/cluster.ts';
import { argument, onMessage, tell } from './parent.ts';
import { podWriter, type Profile } from '../worlds/pod-text.ts';
import { podWireWriter } from '../worlds/pod-wire.ts';
import { framed, pairs, sized, wrapped } from '../../test/kit/protobuf.ts';

/*
 * An API server that lists and watches a large cluster and does nothing else: in pages if asked for, whole if not, or as
 * the beginning of a watch. Pods are written on the way out. Told `{pods: N}`, it has N more, and says so on the watch.
 */

export interface ServedCluster extends Size {
  readonly profile: Profile;
  /** Does it send lists on watches? */
  readonly streamsLists: boolean;
  /** Does it write pods as protobuf to clients that accept it? */
  readonly protobuf?: boolean;
}

interface Collection {
  readonly kind: string;
  readonly apiVersion: string;
  size: number;
  /** As JSON, without `kind` and `apiVersion`, which lists say once and events with each. */
  readonly text: (index: number) => string;
}

type Body = Readonly<Record<string, unknown>>;

const settings = argument() as ServedCluster;
const version = '1000000';
const write = podWriter(settings.profile);
const writeWire = podWireWriter(settings.profile);
const pods: Collection = {
  ...{ kind: 'Pod', apiVersion: 'v1', size: settings.pods },
  text: (index) => write(podOf(index, settings.namespaces), 1 + index),
};
const collections = new Map<string, Collection>([['/api/v1/pods', pods]]);
const core = [
  { kind: 'Namespace', apiVersion: 'v1', plural: 'namespaces' },
  { kind: 'Node', apiVersion: 'v1', plural: 'nodes' },
  { kind: 'ServiceAccount', apiVersion: 'v1', plural: 'serviceaccounts' },
];
const ours = Object.entries(kinds).map(([kind, { plural }]) => ({ kind, apiVersion: 'postern.dev/v1alpha1', plural }));
const texts = new Map<string, string[]>([['ServiceAccount', accounts()]]);
for (const change of clusterOf(settings)) {
  if (change.object === undefined) continue;
  const known = texts.get(change.kind) ?? [];
  known.push(JSON.stringify(bodyOf(change)));
  texts.set(change.kind, known);
}
for (const { kind, apiVersion, plural } of [...core, ...ours]) {
  const known = texts.get(kind) ?? [];
  const text = (index: number): string => known[index] ?? '';
  collections.set(collectionPath({ apiVersion, plural }), { kind, apiVersion, size: known.length, text });
}

function accounts(): string[] {
  return Array.from({ length: settings.namespaces }, (_, i) =>
    JSON.stringify({ metadata: { name: 'default', namespace: `team-${i}`, uid: `sa-${i}`, resourceVersion: '1' } }),
  );
}

/** The object as the API has it; those of ours are as they are here. */
function bodyOf(change: ObjectChange): unknown {
  const meta = (name: string, labels: unknown): unknown => ({ name, labels, uid: `uid-${name}`, resourceVersion: '1' });
  if (change.kind === 'Namespace') return { metadata: meta(change.key, change.object?.labels) };
  if (change.kind === 'Node') {
    const addresses = change.object?.addresses.map((address) => ({ type: 'InternalIP', address }));
    return { metadata: meta(change.key, change.object?.labels), status: { addresses } };
  }
  const { kind: _kind, apiVersion: _version, ...body } = change.object as Body & { readonly metadata: object };
  return { ...body, metadata: { ...body.metadata, resourceVersion: '1' } };
}

/** Says on a watch that these are there. */
type Announce = (start: number, end: number) => Promise<void>;

const watches = new Map<ServerResponse, Announce>();

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

async function list(
  { kind, apiVersion, size, text }: Collection,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const start = Number(query.get('continue') ?? 0);
  const limit = Number(query.get('limit') ?? 0);
  const end = limit === 0 ? size : Math.min(size, start + limit);
  const metadata = { resourceVersion: version, ...(end < size && { continue: String(end) }) };
  const head = JSON.stringify({ kind: `${kind}List`, apiVersion, metadata });
  await send(response, `${head.slice(0, -1)},"items":[`);
  for (let from = start; from < end; from += 50) {
    const items = Array.from({ length: Math.min(50, end - from) }, (_, i) => text(from + i)).join(',');
    await send(response, (from === start ? '' : ',') + items);
  }
  response.end(']}');
}

const wirePod = (index: number): Buffer => writeWire(podOf(index, settings.namespaces), 1 + index);

async function listWire(query: URLSearchParams, response: ServerResponse): Promise<void> {
  const start = Number(query.get('continue') ?? 0);
  const end = Math.min(pods.size, start + (Number(query.get('limit')) || pods.size));
  const meta = sized(1, sized(2, version), sized(3, end < pods.size ? String(end) : ''));
  const items = Array.from({ length: end - start }, (_, i) => sized(2, wirePod(start + i)));
  await send(response, wrapped('PodList', meta, ...items));
  response.end();
}

/** A watch of pods, in protobuf or in JSON, or of anything else. */
async function watch(collection: Collection, wire: boolean, query: URLSearchParams, to: ServerResponse): Promise<void> {
  to.flushHeaders();
  const event = wire ? wireEvent : (index: number) => textEvent('ADDED', collection, collection.text(index));
  const announce: Announce = async (start, end) => {
    for (let from = start; from < end; from += 50) {
      const each = Array.from({ length: Math.min(50, end - from) }, (_, i) => Buffer.from(event(from + i)));
      await send(to, Buffer.concat(each));
    }
  };
  if (query.get('sendInitialEvents') === 'true') {
    await announce(0, collection.size);
    await send(to, wire ? wireBookmark() : textEvent('BOOKMARK', collection, JSON.stringify(bookmark)));
  }
  if (collection !== pods) return;
  watches.set(to, announce);
  to.on('close', () => watches.delete(to));
}

const ended = { 'k8s.io/initial-events-end': 'true' };
const bookmark = { metadata: { resourceVersion: version, annotations: ended } };

function textEvent(type: string, { kind, apiVersion }: Collection, text: string): string {
  const head = JSON.stringify({ kind, apiVersion });
  return `{"type":"${type}","object":${head.slice(0, -1)},${text.slice(1)}}\n`;
}

function wireEvent(index: number): Buffer {
  return framed('ADDED', wrapped('Pod', wirePod(index)));
}

function wireBookmark(): Buffer {
  return framed('BOOKMARK', wrapped('Pod', sized(1, sized(6, version), pairs(12, ended))));
}

/** What discovery says of our kinds: they are not being removed. */
const discovery = JSON.stringify({
  kind: 'APIResourceList',
  resources: ours.map(({ plural }) => ({ name: plural, verbs: ['create', 'delete', 'get', 'list', 'watch'] })),
});

function refuse(response: ServerResponse, why: { readonly code: number; readonly reason: string }): void {
  response.writeHead(why.code, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', ...why }));
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://bench');
  const collection = collections.get(pathname);
  const isWatch = ['true', '1'].includes(searchParams.get('watch') ?? '');
  const unable = isWatch && searchParams.has('sendInitialEvents') && !settings.streamsLists;
  if (collection === undefined || unable) {
    refuse(response, unable ? { code: 422, reason: 'Invalid' } : { code: 404, reason: 'NotFound' });
    return;
  }
  const wire = settings.protobuf === true && collection === pods && (request.headers.accept ?? '').includes('protobuf');
  const stream = isWatch ? ';stream=watch' : '';
  response.setHeader('Content-Type', wire ? `application/vnd.kubernetes.protobuf${stream}` : 'application/json');
  if (isWatch) void watch(collection, wire, searchParams, response);
  else void (wire ? listWire(searchParams, response) : list(collection, searchParams, response));
}

const server = createServer((request, response) => {
  if (request.url === '/apis/postern.dev/v1alpha1')
    response.setHeader('Content-Type', 'application/json').end(discovery);
  else serve(request, response);
});
server.listen(0, '127.0.0.1', () => tell({ port: (server.address() as AddressInfo).port }));
onMessage((message) => {
  const more = message as Pick<Size, 'pods'>;
  const before = pods.size;
  pods.size += more.pods;
  for (const announce of watches.values()) void announce(before, pods.size);
});
