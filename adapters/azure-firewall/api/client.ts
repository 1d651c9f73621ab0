import { meaningIn, meaningOfStatus, refusal } from '../../../kit/common/api/answers.ts';
import { deviceHttp } from '../../../kit/common/api/connection.ts';
import { isObject, objectsIn, textOf } from '../../../kit/common/api/json.ts';
import { parseAnswer } from '../../../kit/common/api/parse-answer.ts';
import { Tokens, withToken } from '../../../kit/common/api/tokens.ts';
import type { AdapterDeps } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import { httpClient, type HttpClient, type HttpResponse } from '../../../src/adapter/http/client.ts';
import { retryAfterMs } from '../../../src/adapter/http/messages.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { AzureConfig } from '../config.ts';
import { answers } from './answers.ts';
import { tokenSource, type LoginWays } from './credentials.ts';

/** Of the network service. The older one lacks kube selector groups; all else here has been the same for years. */
export const apiVersions = { newest: '2026-03-01', older: '2025-05-01' } as const;

export interface Call {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  /** `/subscriptions/...` as ids have it, or path and query that an answer named. */
  readonly path: string;
  readonly template: string;
  readonly body?: JsonObject;
}

export interface Answer {
  readonly status: number;
  readonly body: JsonObject;
  /** Of the API, as it was asked. */
  readonly version: string;
  /** Where to ask after the operation that this has started, on the same origin: path and query. */
  readonly operation?: string;
  readonly retryAfterMs?: number;
}

/** Asks Azure Resource Manager one thing. @throws AdapterError when it refuses or does not answer */
export type Ask = (call: Call) => Promise<Answer>;

export interface AzureClient {
  asking(signal: AbortSignal): Ask;
  close(): void;
}

type Deps = Pick<AdapterDeps, 'secret' | 'clock' | 'pace' | 'onRequest' | 'credentials'>;

/** @throws AdapterError `auth` when the config or the secret lacks something */
export function azureClient(config: AzureConfig, deps: Deps, ways: Partial<LoginWays> = {}): AzureClient {
  const login = httpClient({
    baseUrl: config.loginUrl,
    ca: deps.secret['ca.crt'],
    timeoutMs: config.requestTimeoutMs,
    maxSockets: 1,
    credentials: deps.credentials,
  });
  const tokens = new Tokens(tokenSource(config, deps, { http: login, ...ways }), deps.clock);
  const http = deviceHttp(config, deps, { maxSockets: 4 });
  let version: string = apiVersions.newest;
  // It is not given up for one thing that it does not have here: the older one would show our rules without their sources.
  let hasNewest = false;
  const ask = async (call: Call, signal: AbortSignal): Promise<Answer> => {
    const asked = version;
    const response = await withToken(tokens, signal, (token) => send(http, call, { token, version: asked }, signal));
    if (asked === apiVersions.older || hasNewest || !isTooNew(response)) {
      const answer = readAnswer(response, call, config.url);
      hasNewest ||= asked === apiVersions.newest;
      return { ...answer, version: asked };
    }
    version = apiVersions.older;
    return ask(call, signal);
  };
  return {
    asking: (signal) => async (call) => ask(call, signal),
    close: () => {
      login.close();
      http.close();
    },
  };
}

function send(
  http: HttpClient,
  { method, path, template, body }: Call,
  { token, version }: Readonly<Record<'token' | 'version', string>>,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const versioned = /[?&]api-version=/.test(path)
    ? path
    : `${path}${path.includes('?') ? '&' : '?'}api-version=${version}`;
  return http.request({
    method,
    path: versioned,
    template,
    signal,
    headers: { Authorization: `Bearer ${token}` },
    ...(body && { body: JSON.stringify(body) }),
  });
}

/** Does this cloud not have the version of the API, or not what it is asked for? Sovereign clouds are behind. */
function isTooNew({ status, body }: HttpResponse): boolean {
  const parsed = status === 400 || status === 404 ? parseAnswer(body) : undefined;
  const { code } = errorIn(isObject(parsed) ? parsed : {});
  return /^(NoRegisteredProviderFound|InvalidResourceType|InvalidApiVersionParameter)$/.test(code);
}

function readAnswer(response: HttpResponse, call: Call, url: string): Omit<Answer, 'version'> {
  const { status, headers } = response;
  const name = `${call.method} ${call.template}`;
  const parsed = parseAnswer(response.body);
  if (status >= 200 && status < 300) {
    if (!isObject(parsed) && !mayBeNone(response, call, parsed)) {
      throw new AdapterError(
        'transient',
        `${name} was answered with something that is no object of Azure; is there a proxy in between?`,
        {
          status,
          request: name,
          outcomeUnknown: call.method !== 'GET',
        },
      );
    }
    const operation = operationIn(headers['azure-asyncoperation'] ?? headers['location'], url);
    const restMs = retryAfterMs(headers);
    return {
      status,
      body: isObject(parsed) ? parsed : {},
      ...(operation !== undefined && { operation }),
      ...(restMs !== undefined && { retryAfterMs: restMs }),
    };
  }
  const { code, message } = errorIn(isObject(parsed) ? parsed : {});
  const known = meaningIn(answers, { status, code, said: `${code} ${message}` });
  throw refusal(name, response, known ?? meaningOfStatus(status), {
    quote: [code, message].filter(Boolean).join(': ').slice(0, 400),
    code,
    outcomeUnknown: call.method !== 'GET' && status >= 500,
  });
}

/** Is there rightly no object in an answer? An update that changes nothing has `null` there (azure-rest-api-specs, issue 19505). */
function mayBeNone({ status, body }: HttpResponse, { method }: Call, parsed: Json | undefined): boolean {
  if (body === '') return status !== 200 || method === 'DELETE';
  return parsed === null && method === 'PUT';
}

/** `{error: {code, message, details}}`; what is wrong is often said in the details alone. */
export function errorIn(answer: JsonObject): { readonly code: string; readonly message: string } {
  const error = isObject(answer['error']) ? answer['error'] : answer;
  const [detail = {}] = objectsIn(error['details']);
  const code = textOf(error['code']);
  const isVague = /^(|Failed|BadRequest|Conflict|InternalServerError|DeploymentFailed)$/.test(code);
  return {
    code: (isVague && textOf(detail['code'])) || code,
    message: [textOf(error['message']), textOf(detail['message'])].filter(Boolean).join(' '),
  };
}

/** The token goes with it: an address elsewhere is not followed. */
function operationIn(text: string | undefined, url: string): string | undefined {
  if (text === undefined || !URL.canParse(text, url)) return undefined;
  const { origin, pathname, search } = new URL(text, url);
  return origin === new URL(url).origin ? pathname + search : undefined;
}
