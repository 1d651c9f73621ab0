import { Agent } from 'node:https';
import { ask, type Answer } from '../../../../kit/simulator/testing/https.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { startF5Afm, type F5AfmOptions, type F5AfmSimulator } from '../simulator.ts';

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** `basic` (the default) is name and password; `none` nothing; anything else a token. */
  readonly as?: string;
}

export interface Bench {
  readonly sim: F5AfmSimulator;
  /** Paths are below `/mgmt/tm` unless they begin with a slash. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  get(path: string): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
  patch(path: string, body?: unknown): Promise<Answer>;
  put(path: string, body?: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  login(): Promise<string>;
  close(): Promise<void>;
}

/** A simulator and a client that speaks to it over real TLS, trusting its authority only. */
export async function startBench(options: Partial<F5AfmOptions> = {}): Promise<Bench> {
  const sim = await startF5Afm({ port: 0, ...options });
  const agent = new Agent({ ca: sim.ca, keepAlive: true });
  const call: Bench['call'] = (method, path, { body, headers, as = 'basic' } = {}) => {
    const url = `${sim.url}${path.startsWith('/') ? path : `/mgmt/tm/${path}`}`;
    return ask(url, { method, agent, headers: { ...authorization(sim, as), ...headers } }, body);
  };
  return {
    sim,
    call,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, { body }),
    patch: (path, body) => call('PATCH', path, { body }),
    put: (path, body) => call('PUT', path, { body }),
    delete: (path) => call('DELETE', path),
    login: async () => {
      const { username, password } = sim.credentials;
      const body = { username, password, loginProviderName: 'tmos' };
      const answer = await call('POST', '/mgmt/shared/authn/login', { body, as: 'none' });
      return (answer.body['token'] as Readonly<Record<string, string>>)['token'] ?? '';
    },
    close: () => {
      agent.destroy();
      return sim.close();
    },
  };
}

function authorization({ credentials }: F5AfmSimulator, as: string): Readonly<Record<string, string>> {
  if (as === 'none') return {};
  if (as !== 'basic') return { 'x-f5-auth-token': as };
  const pair = `${credentials['username'] ?? ''}:${credentials['password'] ?? ''}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** Status, message and number: what refusals are distinguished by. */
export function outcome({ status, body }: Answer): readonly Json[] {
  return [status, body['message'] ?? '', body['apiError'] ?? ''];
}

export function items(answer: Answer): readonly JsonObject[] {
  return (answer.body['items'] ?? []) as readonly JsonObject[];
}

/** The id of the transaction that was begun. */
export function transactionIn({ body }: Answer): string {
  const { transId } = body;
  return typeof transId === 'number' ? String(transId) : '';
}
