import { Agent, request } from 'node:https';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { startFortigate, type FortigateOptions, type FortigateSimulator } from '../simulator.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  /** The envelope; empty when the body is no JSON object. */
  readonly body: JsonObject;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the simulator's own; the empty string: none. */
  readonly token?: string;
  readonly localAddress?: string;
}

export interface Bench {
  readonly sim: FortigateSimulator;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  get(path: string): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
  put(path: string, body?: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  close(): Promise<void>;
}

/** A simulator and a client that speaks to it over real TLS, trusting its authority only. Paths are below `/api/v2`. */
export async function startBench(options: Partial<FortigateOptions> = {}): Promise<Bench> {
  return benchWith(await startFortigate({ port: 0, ...options }));
}

export function benchWith(sim: FortigateSimulator): Bench {
  const agent = new Agent({ ca: sim.ca, keepAlive: true });
  const call = (method: string, path: string, given: CallOptions = {}): Promise<Answer> =>
    send(agent, sim, method, path, given);
  return {
    sim,
    call,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, { body }),
    put: (path, body) => call('PUT', path, { body }),
    delete: (path) => call('DELETE', path),
    close: () => {
      agent.destroy();
      return sim.close();
    },
  };
}

function send(
  agent: Agent,
  sim: FortigateSimulator,
  method: string,
  path: string,
  { body, headers = {}, token = sim.credentials['token'] ?? '', localAddress }: CallOptions,
): Promise<Answer> {
  const url = path.startsWith('/') ? `${sim.url}${path}` : `${sim.url}/api/v2/${path}`;
  const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method,
        agent,
        headers: {
          ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
          ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(localAddress === undefined ? {} : { localAddress }),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, body: objectOf(text) });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

function objectOf(text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return {};
  }
}

/** Status and error code: what most refusals are distinguished by. */
export function outcome(answer: Answer): readonly unknown[] {
  return [answer.status, answer.body['error']];
}

export function results(answer: Answer): readonly JsonObject[] {
  return answer.body['results'] as readonly JsonObject[];
}

/** A policy that is complete. */
export function policy(name: string, more: JsonObject = {}): JsonObject {
  return {
    name,
    srcintf: [{ name: 'any' }],
    dstintf: [{ name: 'any' }],
    srcaddr: [{ name: 'all' }],
    dstaddr: [{ name: 'all' }],
    service: [{ name: 'ALL' }],
    schedule: 'always',
    action: 'accept',
    ...more,
  };
}
