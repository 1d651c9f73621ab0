import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https, { type RequestOptions } from 'node:https';
import { KnownCredentials } from '../../adapter/redaction/known-credentials.ts';
import { ApiError } from '../api-error.ts';
import { collect, follow, succeeded } from './answers.ts';
import { CallTimer } from './call-timer.ts';

/** Where the API server is, and how we authenticate. */
export interface Credentials {
  readonly server: URL;
  /** The namespace that the kubeconfig or the service account names; empty if none. */
  readonly namespace: string;
  /** TLS and authorization headers for one request, valid now. */
  options(): Promise<RequestOptions>;
  /** Forgets cached credentials after the server refused them, or one side did not trust the other. */
  refresh(): void;
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the root of the server, segments escaped: `/api/v1/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  /** `request`: for the whole call. `stream`: until the answer begins. Milliseconds; default 30,000. */
  readonly timeoutMs?: number;
  /** `stream` only: the longest silence within the answer. Milliseconds; default unlimited. */
  readonly idleMs?: number;
  readonly signal?: AbortSignal;
}

/** The API server as the rest of the program sees it. Every method throws `ApiError`, or the reason of the caller's signal. */
export interface ApiClient {
  /** The parsed JSON of a complete answer. */
  request(request: ApiRequest): Promise<unknown>;
  /** The bytes of a complete answer. */
  bytes(request: ApiRequest): Promise<Buffer>;
  /** The bytes of an answer as they arrive, once its head has; leaving the loop closes the connection. */
  stream(request: ApiRequest): Promise<AsyncIterable<Buffer>>;
}

const defaultTimeoutMs = 30_000;
/** A page of 250 objects of the greatest size the API server admits, 1.5 MB each. */
const maxAnswerBytes = 400e6;
const keepAliveMs = 30_000;

/** One pool of connections to one API server. */
export class Transport implements ApiClient {
  readonly #credentials: Credentials;
  readonly #agent: http.Agent;
  /** With which credentials we came. */
  readonly #sent = new KnownCredentials({});
  #generation = 0;

  constructor(credentials: Credentials) {
    const { protocol, hostname } = credentials.server;
    if (protocol === 'http:' && !['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) {
      throw new ApiError(0, 'CredentialsUnavailable', `${hostname} is reached without TLS: use an https address`);
    }
    this.#credentials = credentials;
    const settings = { keepAlive: true, scheduling: 'lifo' as const };
    this.#agent = protocol === 'http:' ? new http.Agent(settings) : new https.Agent(settings);
  }

  async request(request: ApiRequest): Promise<unknown> {
    const text = (await this.bytes(request)).toString('utf8');
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw new ApiError(200, 'Unreadable', `${describe(request)}: the answer is not JSON`);
    }
  }

  async bytes(request: ApiRequest): Promise<Buffer> {
    const timer = new CallTimer(this.#call(request), request.timeoutMs ?? defaultTimeoutMs, request.signal);
    try {
      return await collect(await this.#answer(request, timer.signal), maxAnswerBytes, describe(request));
    } catch (error) {
      throw timer.explain(error);
    } finally {
      timer.release();
    }
  }

  async stream(request: ApiRequest): Promise<AsyncIterable<Buffer>> {
    const timer = new CallTimer(this.#call(request), request.timeoutMs ?? defaultTimeoutMs, request.signal);
    try {
      const answer = await this.#answer(request, timer.signal);
      timer.allowSilence(request.idleMs);
      return follow(answer, timer);
    } catch (error) {
      timer.release();
      throw timer.explain(error);
    }
  }

  /** With the server: it may be another than the reader thinks. */
  #call(request: ApiRequest): string {
    const { hostname, port, protocol } = this.#credentials.server;
    return `${describe(request)} at ${hostname}:${port || (protocol === 'http:' ? 80 : 443)}`;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** The answer to a request, if it succeeds. A refused credential is renewed once. */
  async #answer(request: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    try {
      return await this.#answerOrRefusal(request, signal);
    } catch (error) {
      throw error instanceof ApiError ? this.#withoutCredentials(error) : error;
    }
  }

  /** A proxy in between may repeat what it was sent. */
  #withoutCredentials(error: ApiError): ApiError {
    const { status, reason, message, retryAfterMs } = error;
    const hidden = this.#sent.hide(message);
    return hidden === message ? error : new ApiError(status, this.#sent.hide(reason), hidden, { retryAfterMs });
  }

  async #answerOrRefusal(request: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const generation = this.#generation;
    const first = await this.#send(request, signal).catch((error: unknown) => {
      // A certificate of ours or an authority may have been replaced where ours are read from: the next call knows.
      if (isAboutCertificates(error)) this.#renew(generation);
      throw error;
    });
    if (first.statusCode !== 401) return succeeded(describe(request), first);
    first.resume();
    this.#renew(generation);
    return succeeded(describe(request), await this.#send(request, signal));
  }

  /** Many requests are refused at once; one of them renews. */
  #renew(generation: number): void {
    if (generation !== this.#generation) return;
    this.#generation += 1;
    this.#credentials.refresh();
  }

  async #send(request: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    const options = await this.#options(request, body, signal);
    const module = this.#credentials.server.protocol === 'http:' ? http : https;
    const attempt = (mayRepeat: boolean): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => {
        const sent = module.request(options, resolve);
        sent.on('socket', (socket) => socket.setKeepAlive(true, keepAliveMs));
        sent.on('error', (error: NodeJS.ErrnoException) => {
          // The server closed an idle connection as we took it from the pool; it never saw the request.
          const stale = mayRepeat && sent.reusedSocket && error.code === 'ECONNRESET' && options.method === 'GET';
          if (stale) attempt(false).then(resolve, reject);
          else reject(error);
        });
        sent.end(body);
      });
    return attempt(true);
  }

  async #options(request: ApiRequest, body: Buffer | undefined, signal: AbortSignal): Promise<RequestOptions> {
    const { hostname, port, pathname } = this.#credentials.server;
    const own = await unlessAborted(this.#credentials.options(), signal);
    this.#sent.add(authorizationIn(own.headers as OutgoingHttpHeaders | undefined));
    return {
      agent: this.#agent,
      ...own,
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port,
      method: request.method ?? 'GET',
      path: pathname.replace(/\/$/, '') + request.path + queryText(request.query),
      headers: {
        ...(own.headers as OutgoingHttpHeaders | undefined),
        'User-Agent': 'postern',
        Accept: request.accept ?? 'application/json',
        ...(body && { 'Content-Type': request.contentType ?? 'application/json', 'Content-Length': body.length }),
      },
      signal,
    };
  }
}

/** By the codes of Node.js and OpenSSL: one of the two sides does not trust the other. */
function isAboutCertificates(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_(TLS|SSL)/.test(code);
}

/** `Authorization` without its scheme; empty where a certificate tells who we are. */
function authorizationIn(headers: OutgoingHttpHeaders = {}): string {
  const [, value] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization') ?? [];
  return String(value ?? '').replace(/^\S{1,20} /, '');
}

/** Stops waiting for an exec plug-in that hangs. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(new Error('aborted while waiting for credentials'));
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}

/** The call as messages name it, without its query, which may hold a continue token. */
const describe = ({ method = 'GET', path }: ApiRequest): string => `${method} ${path}`;

function queryText(query: ApiRequest['query'] = {}): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) parameters.set(key, String(value));
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}
