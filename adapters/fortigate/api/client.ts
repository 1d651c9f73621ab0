import { deviceHttp } from '../../../kit/common/api/connection.ts';
import type { AdapterDeps } from '../../../src/adapter/adapter.ts';
import type { HttpClient } from '../../../src/adapter/http/client.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { FortigateConfig } from '../config.ts';
import { readEnvelope, type Envelope } from './envelope.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly base: 'cmdb' | 'monitor';
  /** `firewall/address`; empty for the configuration database itself. */
  readonly table: string;
  /** Key of an entry, then child table and key there: `['group', 'member', 'address']`. */
  readonly keys?: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
  /** Id of the transaction that it is part of. */
  readonly transaction?: string;
}

/** Asks the device one thing. @throws AdapterError when it refuses or does not answer */
export type Ask = (call: Call) => Promise<Envelope>;

/** The FortiOS REST API of one VDOM: paths, credentials and envelopes, and nothing of what they are used for. */
export class FortigateClient {
  readonly #http: HttpClient;
  readonly #vdom: string;
  #refused = false;

  /** @throws AdapterError `auth` when the secret has no token */
  constructor(config: FortigateConfig, deps: Pick<AdapterDeps, 'secret' | 'pace' | 'onRequest' | 'credentials'>) {
    const token = deps.secret['token']?.trim() ?? '';
    if (!/^[\x21-\x7e]+$/.test(token)) {
      throw new AdapterError(
        'auth',
        'The secret of this enforcement point has no usable value "token": the key of a FortiOS API user.',
      );
    }
    this.#vdom = config.vdom;
    const headers = { Authorization: `Bearer ${token}` };
    this.#http = deviceHttp(config, deps, { maxSockets: config.maxConcurrency, headers });
  }

  async ask(call: Call, signal: AbortSignal): Promise<Envelope> {
    const template = templateOf(call);
    const response = await this.#http.request({
      method: call.method,
      path: pathOf(call, this.#vdom),
      template,
      signal,
      ...(call.body && { body: JSON.stringify(call.body) }),
      ...(call.transaction !== undefined && { headers: { 'X-TRANSACTION-ID': call.transaction } }),
    });
    // Any other answer than these two means that the login succeeded.
    if (response.status !== 429) this.#refused = response.status === 401;
    return readEnvelope(response, `${call.method} ${template}`, this.#refused);
  }

  close(): void {
    this.#http.close();
  }
}

function pathOf({ base, table, keys = [], query = {} }: Call, vdom: string): string {
  const path = [`/api/v2/${base}`, ...(table === '' ? [] : [table]), ...keys.map(encodeURIComponent)].join('/');
  const parameters = Object.entries({ ...query, vdom });
  return `${path}?${parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`;
}

/** Keys stand as `{mkey}`; every second one names a child table or an action and may be seen. */
function templateOf({ base, table, keys = [], query }: Call): string {
  const path = [`/api/v2/${base}`, ...(table === '' ? [] : [table])].join('/');
  const rest = keys.map((key, index) => (index % 2 === 0 ? '/{mkey}' : `/${key}`)).join('');
  const action = query?.['action'];
  return `${path}${rest}${action === undefined ? '' : `?action=${action}`}`;
}

/** A text inside a `filter` parameter, where the dot and the backslash mean something (Fortinet Developer Network, Filtering results). */
export function filterText(text: string): string {
  return text.replace(/[\\.]/g, '\\$&');
}
