import { SignatureV4 } from '@smithy/signature-v4';
import { XMLParser } from 'fast-xml-parser';
import { meaningIn, meaningOfStatus, refusal } from '../../../kit/common/api/answers.ts';
import { isObject, textOf } from '../../../kit/common/api/json.ts';
import { parseAnswer } from '../../../kit/common/api/parse-answer.ts';
import type { AdapterDeps } from '../../../src/adapter/adapter.ts';
import { AdapterError, errorPolicy } from '../../../src/adapter/errors.ts';
import { httpClient, type HttpClient, type HttpResponse } from '../../../src/adapter/http.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { AwsConfig } from '../config.ts';
import { answers, permissionFor } from './answers.ts';
import { credentialSource, type CredentialSource } from './credentials.ts';
import { Sha256 } from './sha256.ts';

type Service = 'network-firewall' | 'ec2';

/** Asks one of the two services one thing. @throws AdapterError when it refuses or does not answer */
export interface Aws {
  readonly firewall: (operation: string, input: JsonObject) => Promise<JsonObject>;
  readonly ec2: (operation: string, input: JsonObject) => Promise<JsonObject>;
}

const ec2Version = '2016-11-15';
const target = 'NetworkFirewall_20201112';

/** Both services, each by its own protocol: signed requests, and nothing of what they are used for. */
export class AwsClient {
  readonly #region: string;
  readonly #http: Readonly<Record<Service, { readonly client: HttpClient; readonly host: string }>>;
  readonly #deps: Pick<AdapterDeps, 'secret' | 'pace' | 'clock' | 'credentials'>;
  #credentials: Promise<CredentialSource> | undefined;

  constructor(config: AwsConfig, deps: Pick<AdapterDeps, 'secret' | 'pace' | 'clock' | 'onRequest' | 'credentials'>) {
    this.#region = config.region;
    this.#deps = deps;
    const open = (service: Service, given: string | undefined) => {
      const baseUrl = given ?? endpointOf(service, config.region);
      const { secret, pace, onRequest, credentials } = deps;
      const options = {
        ca: secret['ca.crt'],
        timeoutMs: config.requestTimeoutMs,
        maxSockets: 4,
        pace,
        credentials,
        ...(onRequest && { onRequest }),
      };
      return { client: httpClient({ baseUrl, ...options }), host: new URL(baseUrl).host };
    };
    this.#http = {
      'network-firewall': open('network-firewall', config.networkFirewallUrl),
      ec2: open('ec2', config.ec2Url),
    };
  }

  asking(signal: AbortSignal): Aws {
    return {
      firewall: async (operation, input) => {
        const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `${target}.${operation}` };
        const { body } = await this.#ask('network-firewall', operation, JSON.stringify(input), headers, signal);
        return jsonIn(body, `network-firewall ${operation}`);
      },
      ec2: async (operation, input) => {
        const form = new URLSearchParams({ Action: operation, Version: ec2Version });
        for (const [name, value] of parametersOf(input, '')) form.set(name, value);
        const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
        const { body } = await this.#ask('ec2', operation, form.toString(), headers, signal);
        return xmlIn(body, `${operation}Response`, `ec2 ${operation}`);
      },
    };
  }

  close(): void {
    for (const { client } of Object.values(this.#http)) client.close();
  }

  async #ask(
    service: Service,
    operation: string,
    body: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    signal.throwIfAborted();
    const { client, host } = this.#http[service];
    const readOnly = /^(Describe|Get|List)/.test(operation);
    const template = `${service} ${operation}`;
    const signed = await this.#signed(service, { host, ...headers }, body);
    const response = await client.request({
      method: 'POST',
      path: '/',
      template,
      body,
      headers: signed,
      readOnly,
      signal,
    });
    if (response.status >= 200 && response.status < 300) return response;
    const error = refused(service, operation, response);
    const { errorClass, details } = error;
    if (errorClass === 'throttled') await this.#deps.pace?.pause(details.retryAfterMs ?? errorPolicy.throttled.delayMs);
    throw error;
  }

  /** The host is part of what is signed, and is set by the connection. */
  async #signed(
    service: Service,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<Readonly<Record<string, string>>> {
    this.#credentials ??= credentialSource(this.#deps.secret, this.#region);
    const credentials = await (await this.#credentials)();
    const { secretAccessKey, sessionToken } = credentials;
    this.#deps.credentials?.add(secretAccessKey);
    if (sessionToken !== undefined) this.#deps.credentials?.add(sessionToken);
    const signer = new SignatureV4({ credentials, region: this.#region, service, sha256: Sha256 });
    const request = {
      method: 'POST',
      protocol: 'https:',
      hostname: headers['host'] ?? '',
      path: '/',
      headers,
      body,
      query: {},
    };
    const signed = await signer.sign(request, { signingDate: new Date(this.#deps.clock.now()) });
    const { host: _, ...rest } = signed.headers;
    return rest;
  }
}

function endpointOf(service: Service, region: string): string {
  return `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function refused(service: Service, operation: string, response: HttpResponse): AdapterError {
  const { code, said } = service === 'ec2' ? ec2Error(response.body) : firewallError(response.body);
  const known = { status: response.status, said, ...(code !== '' && { code }) };
  const meaning = meaningIn(answers, known) ?? meaningOfStatus(response.status);
  const advice =
    meaning[0] === 'forbidden' ? `Allow ${permissionFor(service, operation)} for the role that Postern has.` : '';
  const quote = [code, said.slice(0, 600).replace(/\s+/g, ' ').slice(0, 300)].filter(Boolean).join(': ');
  return refusal(`${service} ${operation}`, response, meaning, {
    quote,
    ...(code !== '' && { code }),
    ...(advice !== '' && { advice }),
    outcomeUnknown: response.status >= 500,
  });
}

function firewallError(body: string): { readonly code: string; readonly said: string } {
  const parsed = parsedJson(body);
  return {
    code: textOf(parsed?.['__type']).replace(/^.*#/, ''),
    said: textOf(parsed?.['Message'] ?? parsed?.['message']),
  };
}

function ec2Error(body: string): { readonly code: string; readonly said: string } {
  const errors = parsedXml(body)?.['Response'];
  const error = isObject(errors) && isObject(errors['Errors']) ? errors['Errors']['Error'] : undefined;
  const known = isObject(error) ? error : {};
  return { code: textOf(known['Code']), said: textOf(known['Message']) };
}

function jsonIn(body: string, request: string): JsonObject {
  const parsed = parsedJson(body);
  if (parsed === undefined) throw noAnswer(request);
  return parsed;
}

function xmlIn(body: string, root: string, request: string): JsonObject {
  const answer = parsedXml(body)?.[root];
  if (!isObject(answer)) throw noAnswer(request);
  return answer;
}

/** A proxy's page, for instance. */
function noAnswer(request: string): AdapterError {
  return new AdapterError('transient', `${request} was answered with something that is no answer of this service.`, {
    request,
  });
}

function parsedJson(body: string): JsonObject | undefined {
  const parsed = parseAnswer(body);
  return isObject(parsed) ? parsed : undefined;
}

/** Elements as objects, `item`s as lists, everything else as text. */
const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false, isArray: (name) => name === 'item' });

function parsedXml(body: string): JsonObject | undefined {
  try {
    return parser.parse(body) as JsonObject;
  } catch {
    return undefined;
  }
}

/** Lists as `Name.1`, `Name.2`. */
function parametersOf(value: Json, name: string): readonly (readonly [string, string])[] {
  const below = (key: string, item: Json): readonly (readonly [string, string])[] =>
    parametersOf(item, name === '' ? key : `${name}.${key}`);
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap((item, at) => below(String(at + 1), item));
  if (isObject(value)) return Object.entries(value).flatMap(([key, item]) => below(key, item));
  return [[name, textOf(value)]];
}

/** The rows of a list in an answer of EC2. */
export function itemsOf(answer: JsonObject, set: string): readonly JsonObject[] {
  const holder = answer[set];
  const items = isObject(holder) ? holder['item'] : undefined;
  return Array.isArray(items) ? (items as readonly Json[]).filter(isObject) : [];
}
