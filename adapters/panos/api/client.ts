import { deviceHttp } from '../../../kit/common/api/connection.ts';
import type { AdapterDeps } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { HttpClient } from '../../../src/adapter/http/client.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { xmlText } from '../../../kit/common/api/xml.ts';
import type { PanosConfig } from '../config.ts';
import { readResponse } from './response.ts';

export interface Call {
  readonly type: 'op' | 'config' | 'user-id' | 'commit';
  /** What errors call it: `show registered-ip`, without names. */
  readonly what: string;
  /** Reads only. */
  readonly reads?: true;
  readonly action?: string;
  readonly xpath?: string;
  /** Elements that are sent as text. */
  readonly cmd?: JsonObject;
  readonly element?: JsonObject;
  readonly options?: Readonly<Record<string, string>>;
}

/** Asks the device one thing; the `response` element of what it answers. @throws AdapterError when it refuses or does not answer */
export type Ask = (call: Call) => Promise<JsonObject>;

/** The XML API of one firewall: credentials, parameters and refusals, and nothing of what it is used for. */
export class PanosClient {
  /** Whose changes are committed, and no others. */
  readonly admin: string;
  readonly #http: HttpClient;

  /** @throws AdapterError `auth` when the secret has no usable key or name */
  constructor(config: PanosConfig, deps: Pick<AdapterDeps, 'secret' | 'pace' | 'onRequest' | 'credentials'>) {
    const key = deps.secret['apiKey']?.trim() ?? '';
    this.admin = deps.secret['username']?.trim() ?? '';
    if (!/^[\x21-\x7e]+$/.test(key) || !/^[\w.@\\-]{1,63}$/.test(this.admin)) {
      const message =
        'The Secret of this enforcement point needs two values: apiKey, and username, the user of the key.';
      throw new AdapterError('auth', message);
    }
    const headers = { 'X-PAN-KEY': key, Accept: 'application/xml' };
    this.#http = deviceHttp(config, deps, { maxSockets: 3, headers });
  }

  async ask(
    { type, what, reads, action, xpath, cmd, element, options }: Call,
    signal: AbortSignal,
  ): Promise<JsonObject> {
    const parameters = new URLSearchParams({
      type,
      ...(action !== undefined && { action }),
      ...(xpath !== undefined && { xpath }),
      ...(cmd && { cmd: xmlText(cmd) }),
      ...(element && { element: xmlText(element) }),
      ...options,
    }).toString();
    const template = `/api/ (${what})`;
    const method = reads === true ? 'GET' : 'POST';
    const response = await this.#http.request({
      method,
      path: reads === true ? `/api/?${parameters}` : '/api/',
      template,
      signal,
      ...(reads !== true && { body: parameters, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }),
    });
    return readResponse(response, `${method} ${template}`, type);
  }

  close(): void {
    this.#http.close();
  }
}
