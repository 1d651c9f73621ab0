import { Agent } from 'node:https';
import { ask, type Answer } from '../../../../kit/simulator/testing/https.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { startFortigate, type FortigateOptions, type FortigateSimulator } from '../simulator.ts';

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
  const own = sim.credentials['token'] ?? '';
  const call: Bench['call'] = (method, path, { body, headers, token = own, ...from } = {}) => {
    const url = path.startsWith('/') ? `${sim.url}${path}` : `${sim.url}/api/v2/${path}`;
    const authorization = token === '' ? {} : { authorization: `Bearer ${token}` };
    return ask(url, { ...from, method, agent, headers: { ...authorization, ...headers } }, body);
  };
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
