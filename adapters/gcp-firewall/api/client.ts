import { meaningIn, meaningOfStatus, refusal } from '../../../kit/common/api/answers.ts';
import { deviceHttp } from '../../../kit/common/api/connection.ts';
import { isObject, objectsIn, textOf } from '../../../kit/common/api/json.ts';
import { parseAnswer } from '../../../kit/common/api/parse-answer.ts';
import { Tokens, withToken } from '../../../kit/common/api/tokens.ts';
import type { AdapterDeps } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { HttpResponse } from '../../../src/adapter/http/client.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { GcpConfig } from '../config.ts';
import { answers } from './answers.ts';
import { tokenSource, type LoginWays } from './credentials.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** `/compute/v1/projects/...`, or `/v1/projects/...` for address groups: path and query. */
  readonly path: string;
  readonly template: string;
  readonly body?: JsonObject;
}

/** Asks one of the two services one thing. @throws AdapterError when it refuses or does not answer */
export type Ask = (call: Call) => Promise<JsonObject>;

export interface GcpClient {
  asking(signal: AbortSignal): Ask;
  close(): void;
}

type Deps = Pick<AdapterDeps, 'secret' | 'clock' | 'pace' | 'onRequest' | 'credentials'>;

/** @throws AdapterError `auth` when the secret lacks something */
export function gcpClient(config: GcpConfig, deps: Deps, ways: LoginWays = {}): GcpClient {
  const source = tokenSource(config, deps, ways);
  const tokens = new Tokens(source, deps.clock);
  const compute = deviceHttp(config, deps, { maxSockets: 4 });
  const security = deviceHttp({ ...config, url: config.networkSecurityUrl }, deps, { maxSockets: 4 });
  const ask = async ({ method, path, template, body }: Call, signal: AbortSignal): Promise<JsonObject> => {
    const http = path.startsWith('/compute/') ? compute : security;
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await withToken(tokens, signal, (token) =>
      http.request({ method, path, template, signal, headers: { Authorization: `Bearer ${token}` }, ...text }),
    );
    return readAnswer(response, `${method} ${template}`, method !== 'GET');
  };
  return {
    asking: (signal) => async (call) => ask(call, signal),
    close: () => {
      source.close();
      compute.close();
      security.close();
    },
  };
}

function readAnswer(response: HttpResponse, request: string, writes: boolean): JsonObject {
  const { status } = response;
  const parsed = parseAnswer(response.body);
  if (status >= 200 && status < 300) {
    if (isObject(parsed)) return parsed;
    const message = `${request} was answered with something that is no object of Google Cloud; is there a proxy in between?`;
    throw new AdapterError('transient', message, { status, request, outcomeUnknown: writes });
  }
  const { code, message } = saidIn(isObject(parsed) ? parsed : {});
  const known = meaningIn(answers, { status, code, said: message });
  throw refusal(request, response, known ?? meaningOfStatus(status), {
    quote: [code, message].filter(Boolean).join(': ').slice(0, 400),
    code,
    outcomeUnknown: writes && status >= 500,
  });
}

/** `{error: {code, message, errors: [{reason}]}}` of Compute Engine, `{error: {status, message, details: [{reason}]}}` of other services. */
function saidIn(answer: JsonObject): { readonly code: string; readonly message: string } {
  const error = isObject(answer['error']) ? answer['error'] : {};
  const reasons = [...objectsIn(error['errors']), ...objectsIn(error['details'])].map(({ reason }) => textOf(reason));
  const known = reasons.find((reason) => answers.codes?.[reason] !== undefined);
  return { code: known ?? (textOf(error['status']) || (reasons[0] ?? '')), message: textOf(error['message']) };
}
