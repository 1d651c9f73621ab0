import { Agent } from 'node:https';
import { AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import type { AdapterDeps } from '../adapter.ts';
import { AdapterError, errorPolicy } from '../errors.ts';
import { Deadline } from './deadline.ts';
import { abortedBeforeSending, nameOf, unanswered, wasClosed } from './errors.ts';
import { nodeHttpAdapter } from './exchange.ts';
import { isWrite, retryAfterMs, type HttpRequest, type HttpResponse } from './messages.ts';
import { Lanes } from './lanes.ts';
import type { Pace } from './pace.ts';

export type { HttpRequest, HttpResponse } from './messages.ts';

export interface HttpOptions {
  /** `https://192.0.2.1:8443`; plain http is refused. */
  readonly baseUrl: string;
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** Milliseconds for one request, from connecting to the last byte. */
  readonly timeoutMs: number;
  /** Connections kept open to the device at most; requests that write go before all that wait to read. */
  readonly maxSockets: number;
  /** Asked before each request, and told when the device wants to be left alone; absent: as fast as it goes. */
  readonly pace?: Pace | undefined;
  /** Sent with every request; the place for credentials. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Secrets that are removed from the error texts of the device before anything logs them. */
  readonly credentials?: AdapterDeps['credentials'];
  /** Told of every request that may change something, by its template. */
  readonly onRequest?: AdapterDeps['onRequest'];
}

export interface HttpClient {
  /** @throws AdapterError when no answer came, or one that leads elsewhere */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** Ends the connections. */
  close(): void;
}

/** Sends a request. */
type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** On which connections a request goes out, and until when it has its answer. */
interface Route {
  readonly connections: Agent;
  readonly deadline: Deadline;
}

/** Of an answer, in bytes: far above what a device has to say about 10,000 objects. */
const largestAnswer = 32 * 1024 * 1024;
/** Of a refusal, in characters: more than this is a page, or meant to harm. */
const largestRefusal = 64 * 1024;

/**
 * The one way by which adapters speak HTTP: TLS always verified, connections kept alive, no redirects, no proxy from
 * the environment. Raw errors of the library hold headers and bodies; none leaves this file.
 *
 * @throws AdapterError `invalid` for a URL that is not https
 */
export function httpClient(options: HttpOptions): HttpClient {
  const { baseUrl, ca, maxSockets } = options;
  if (!/^https:\/\//i.test(baseUrl)) {
    throw new AdapterError('invalid', 'The URL of a device must begin with https://; nothing is sent in the clear.');
  }
  const trust = { rejectUnauthorized: true, ...(ca !== undefined && { ca }) };
  const agents = {
    keptAlive: new Agent({ ...trust, keepAlive: true, maxSockets }),
    fresh: new Agent({ ...trust, keepAlive: false }),
  };
  return {
    request: inTurn(sendWithRetry(commonOf(options), agents, options), options),
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

/**
 * What all requests to a device have in common, merged once: the library's own client merges it for each of them, which
 * takes longer than sending one.
 */
type Common = Pick<InternalAxiosRequestConfig, 'baseURL' | 'headers' | 'maxContentLength'>;

function commonOf({ baseUrl, headers }: HttpOptions): Common {
  return {
    baseURL: baseUrl.replace(/\/+$/, ''),
    maxContentLength: largestAnswer,
    headers: AxiosHeaders.concat(
      { Accept: 'application/json', 'Accept-Encoding': 'gzip', 'User-Agent': 'postern' },
      headers,
    ),
  };
}

/** As fast as the device allows, and writes before reads that wait. */
function inTurn(send: Send, { pace, maxSockets }: HttpOptions): Send {
  const lanes = new Lanes(maxSockets);
  return async (request) => {
    const leave = await lanes.enter(isWrite(request), request.signal).catch(abortedBeforeSending(request));
    try {
      await pace?.admit(request.signal).catch(abortedBeforeSending(request));
      const response = await send(request);
      if (response.status === 429) await pace?.pause(retryAfterMs(response.headers) ?? errorPolicy.throttled.delayMs);
      return response;
    } finally {
      leave();
    }
  };
}

/** A device may close a connection that was idle while the next request is on its way: what only reads is sent again. */
function sendWithRetry(
  common: Common,
  agents: { readonly keptAlive: Agent; readonly fresh: Agent },
  options: HttpOptions,
): Send {
  return async (request) => {
    const deadline = new Deadline(request.timeoutMs ?? options.timeoutMs, request.signal);
    try {
      return await attempt(common, request, { connections: agents.keptAlive, deadline }, options);
    } catch (error) {
      if (isWrite(request) || !wasClosed(error)) throw error;
      return await attempt(common, request, { connections: agents.fresh, deadline }, options);
    } finally {
      deadline.release();
    }
  };
}

/** Reports the outcome of a request that writes. */
async function attempt(
  common: Common,
  request: HttpRequest,
  route: Route,
  { credentials, onRequest }: HttpOptions,
): Promise<HttpResponse> {
  const note = (status: number): void => {
    if (isWrite(request)) onRequest?.({ request: nameOf(request), status });
  };
  try {
    const response = refusal(await exchange(common, request, route), credentials);
    note(response.status);
    return response;
  } catch (error) {
    note(error instanceof AdapterError ? (error.details.status ?? 0) : 0);
    throw error;
  }
}

async function exchange(common: Common, request: HttpRequest, { connections, deadline }: Route): Promise<HttpResponse> {
  const { method, path, body, headers } = request;
  try {
    const response = await nodeHttpAdapter({
      ...common,
      method,
      url: path,
      httpsAgent: connections,
      signal: deadline.signal,
      data: body,
      headers: common.headers.concat({ ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers }),
    });
    return answer(response, request);
  } catch (error) {
    throw error instanceof AdapterError
      ? error
      : unanswered(error, request, { place: placeIn(common.baseURL), late: deadline.passed });
  }
}

function answer(response: AxiosResponse<unknown>, request: HttpRequest): HttpResponse {
  const { status, data } = response;
  if (status >= 300 && status < 400 && status !== 304) {
    const message = `The device answers with a redirect (${status}); redirects are refused. Check the URL.`;
    throw new AdapterError('invalid', message, { status, request: nameOf(request) });
  }
  const entries = Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return { status, headers: Object.fromEntries(entries) as Record<string, string>, body: textOf(data) };
}

/** What a device says when it refuses something, cut, and without the credentials that it may repeat. */
function refusal(response: HttpResponse, credentials: HttpOptions['credentials']): HttpResponse {
  if (response.status < 400) return response;
  const body = response.body.slice(0, largestRefusal);
  return { ...response, body: credentials?.hide(body) ?? body };
}

function textOf(data: unknown): string {
  return typeof data === 'string' ? data : '';
}

/** `192.0.2.1:8443` */
function placeIn(baseUrl = ''): string {
  if (!URL.canParse(baseUrl)) return 'the device';
  const { hostname, port } = new URL(baseUrl);
  return `${hostname}:${port || 443}`;
}
