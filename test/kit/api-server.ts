import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Credentials } from '../../src/kube/client/transport.ts';

/** An object as tests write it; identity and versions are filled in when it is put. */
export interface FakeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string;
  readonly kind: 'list' | 'watch' | 'other';
}

/** Answers in place of the server, or after it has had its say: `proceed` gives the honest answer. */
export type Fault = (request: FakeRequest, response: ServerResponse, proceed: () => void) => void;

const things = '/api/v1/things';

interface Planned {
  readonly kind: FakeRequest['kind'];
  readonly fault: Fault;
  left: number;
}

interface Happened {
  readonly path: string;
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: FakeObject;
}

/**
 * An API server that lists and watches collections honestly - pages, versions, resuming, compaction - until it is
 * told to misbehave in a way that a real one will not on demand.
 */
export class FakeApiServer {
  readonly requests: FakeRequest[] = [];
  /** Answers watches that ask for the list as well (Kubernetes 1.32 and later). */
  streamsLists = false;
  token = 'first';
  /** Answers instead of the collections, with the status and the object that it returns. */
  instead: ((request: FakeRequest, body: string) => readonly [status: number, body: unknown] | undefined) | undefined;
  readonly #objects = new Map<string, FakeObject>();
  readonly #history: Happened[] = [];
  /** Open watches, and what they watch. */
  readonly #watches = new Map<ServerResponse, string>();
  readonly #server: Server;
  readonly #planned: Planned[] = [];
  #version = 100;
  #oldest = 0;

  private constructor() {
    this.#server = createServer((request, response) => this.#serve(request, response));
    this.#server.keepAliveTimeout = 0;
  }

  static async start(): Promise<FakeApiServer> {
    const fake = new FakeApiServer();
    await fake.listen(0);
    return fake;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  credentials(token: () => string = () => this.token): Credentials {
    return {
      server: new URL(`http://127.0.0.1:${this.port}`),
      namespace: '',
      options: () => Promise.resolve({ headers: { authorization: `Bearer ${token()}` } }),
      refresh: () => undefined,
    };
  }

  /** The next so many requests of a kind meet this fault, in the order in which faults were planned. */
  misbehave(kind: FakeRequest['kind'], fault: Fault, times = 1): void {
    this.#planned.push({ kind, fault, left: times });
  }

  /** From now on nothing is wrong. */
  behave(): void {
    this.#planned.length = 0;
  }

  put(object: FakeObject, path = things): void {
    const { namespace = '', name, uid } = object.metadata;
    const key = `${path} ${namespace}/${name}`;
    const before = this.#objects.get(key);
    this.#version += 1;
    const identity = {
      uid: uid ?? before?.metadata.uid ?? `uid-${name}-${this.#version}`,
      resourceVersion: String(this.#version),
    };
    const full = { ...object, metadata: { ...object.metadata, ...identity } };
    this.#objects.set(key, full);
    this.#happened({ path, version: this.#version, type: before ? 'MODIFIED' : 'ADDED', object: full });
  }

  remove(name: string, path = things, namespace = ''): void {
    const key = `${path} ${namespace}/${name}`;
    const object = this.#objects.get(key);
    if (object === undefined) throw new Error(`${name} is not there`);
    this.#objects.delete(key);
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    this.#happened({ path, version: this.#version, type: 'DELETED', object: { ...object, metadata } });
  }

  /** Forgets its history: a watch from an earlier version gets 410. */
  compact(): void {
    this.#oldest = this.#version;
    this.#history.length = 0;
  }

  /** What is there under this name. */
  object(name: string, path = things, namespace = ''): FakeObject | undefined {
    return this.#objects.get(`${path} ${namespace}/${name}`);
  }

  closeWatches(): void {
    for (const watch of this.#watches.keys()) watch.end();
    this.#watches.clear();
  }

  /** Sends these bytes to every open watch of a collection. */
  say(text: string, path = things): void {
    for (const [watch, watched] of this.#watches) if (watched === path) watch.write(text);
  }

  get watches(): number {
    return this.#watches.size;
  }

  #happened(happened: Happened): void {
    this.#history.push(happened);
    this.say(line(happened.type, happened.object), happened.path);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://fake');
    const query = url.searchParams;
    const kind = request.method !== 'GET' ? 'other' : query.get('watch') === 'true' ? 'watch' : 'list';
    const { method = 'GET', headers } = request;
    const seen = { method, path: url.pathname, query, authorization: headers.authorization ?? '', kind } as const;
    this.requests.push(seen);
    const proceed = (): void => void this.#answer(seen, request, response);
    const planned = this.#planned.find((plan) => plan.kind === kind && plan.left > 0);
    if (planned === undefined) {
      proceed();
      return;
    }
    planned.left -= 1;
    planned.fault(seen, response, proceed);
  }

  async #answer(request: FakeRequest, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const known = request.authorization === `Bearer ${this.token}`;
    const other = known && this.instead?.(request, request.method === 'GET' ? '' : await bodyOf(incoming));
    if (!known) refuse(response, 401, 'Unauthorized');
    else if (other) response.writeHead(other[0], { 'Content-Type': 'application/json' }).end(JSON.stringify(other[1]));
    else if (request.kind === 'list') this.#list(request, response);
    else if (request.kind === 'watch') this.#watch(request, response);
    else refuse(response, 405, 'MethodNotAllowed');
  }

  #list({ path, query }: FakeRequest, response: ServerResponse): void {
    const limit = Number(query.get('limit') ?? 0);
    const [version, start] = (query.get('continue') ?? `${this.#version}:0`).split(':').map(Number) as [number, number];
    if (version < this.#oldest) {
      refuse(response, 410, 'Expired');
      return;
    }
    const all = this.#all(path);
    const end = limit === 0 ? all.length : start + limit;
    const more = end < all.length ? { continue: `${version}:${end}` } : {};
    const metadata = { resourceVersion: String(version), ...more };
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata, items: all.slice(start, end) }));
  }

  #watch({ path, query }: FakeRequest, response: ServerResponse): void {
    const initial = query.get('sendInitialEvents') === 'true';
    if (initial && !this.streamsLists) {
      refuse(response, 422, 'Invalid');
      return;
    }
    const from = Number(query.get('resourceVersion'));
    if (!initial && from < this.#oldest) {
      refuse(response, 410, 'Expired');
      return;
    }
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    if (initial) {
      for (const object of this.#all(path)) response.write(line('ADDED', object));
      response.write(line('BOOKMARK', this.#bookmark({ 'k8s.io/initial-events-end': 'true' })));
    } else {
      const missed = this.#history.filter((happened) => happened.path === path && happened.version > from);
      for (const { type, object } of missed) response.write(line(type, object));
    }
    this.#watches.set(response, path);
    response.on('close', () => this.#watches.delete(response));
  }

  #all(path: string): readonly FakeObject[] {
    return [...this.#objects].flatMap(([key, object]) => (key.startsWith(`${path} `) ? [object] : []));
  }

  #bookmark(annotations: Readonly<Record<string, string>>): FakeObject {
    return { metadata: { name: '', resourceVersion: String(this.#version), annotations } };
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;

/** A fault: an answer with a `Status`. */
export function refusal(code: number, reason: string, headers: Readonly<Record<string, string>> = {}): Fault {
  return (_, response) => refuse(response, code, reason, headers);
}

function refuse(
  response: ServerResponse,
  code: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(code, { 'Content-Type': 'application/json', ...headers });
  response.end(
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: `fake: ${reason}` }),
  );
}
