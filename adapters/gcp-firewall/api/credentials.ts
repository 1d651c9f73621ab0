import { createPrivateKey, createSign, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isObject, textOf } from '../../../kit/common/api/json.ts';
import { askMetadataService } from '../../../kit/common/api/metadata-service.ts';
import { parseAnswer } from '../../../kit/common/api/parse-answer.ts';
import type { Token, TokenSource } from '../../../kit/common/api/tokens.ts';
import type { AdapterDeps } from '../../../src/adapter/adapter.ts';
import { AdapterError, type ErrorClass } from '../../../src/adapter/errors.ts';
import { httpClient, type HttpClient, type HttpResponse } from '../../../src/adapter/http.ts';
import type { GcpConfig } from '../config.ts';

/*
 * Application default credentials, as Google's own clients read them. No address out of the file is asked: a file from elsewhere could
 * send what proves the worker's identity to anybody ("Security requirements when using credential configurations from an external source").
 */

const scope = 'https://www.googleapis.com/auth/cloud-platform';
const metadataUrl = 'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token';
/** Where Kubernetes projects tokens to; nothing else that the worker can read is sent anywhere. */
const tokenFolders = /^\/var\/run\/(service-account|secrets\/tokens)\/(?!.*\.\.)[\w./-]+$/;

const keyFile = z.object({
  type: z.literal('service_account'),
  client_email: z.string().regex(/^[\w.@-]+$/),
  private_key: z.string(),
  private_key_id: z.string().optional(),
});
const federation = z.object({
  type: z.literal('external_account'),
  audience: z.string(),
  subject_token_type: z.string(),
  credential_source: z.object({
    file: z.string().regex(tokenFolders, 'must be a file below /var/run/service-account/ or /var/run/secrets/tokens/'),
  }),
  service_account_impersonation_url: z
    .string()
    .regex(/^https:\/\/[^/]+\/v1\/projects\/-\/serviceAccounts\/[\w.@-]+:generateAccessToken$/)
    .optional(),
});
const credentialsFile = z.discriminatedUnion('type', [keyFile, federation]);

type Deps = Pick<AdapterDeps, 'secret' | 'clock' | 'credentials'>;
type Config = Pick<GcpConfig, 'credentials' | 'loginUrl' | 'requestTimeoutMs'>;

export interface LoginWays {
  /** To the service of that name, `oauth2`. */
  readonly http?: (service: string) => HttpClient;
  readonly readToken?: (path: string) => Promise<string>;
  readonly metadata?: typeof askMetadataService;
}

export interface Login extends TokenSource {
  close(): void;
}

/** Access tokens for both services. @throws AdapterError `auth` when the secret lacks something */
export function tokenSource(config: Config, deps: Deps, ways: LoginWays): Login {
  if (config.credentials === 'MetadataServer') {
    const { metadata = askMetadataService } = ways;
    return {
      logIn: async (signal) => fromMachine(await metadata(metadataUrl, { 'Metadata-Flavor': 'Google' }, signal), deps),
      close: () => undefined,
    };
  }
  const file = credentialsIn(deps.secret['credentials.json']);
  const services = new Map<string, HttpClient>();
  const { http = (service: string) => loginClient(service, config, deps) } = ways;
  const post: Post = async ({ service, path, template, body, headers }, signal) => {
    const client = services.get(service) ?? http(service);
    services.set(service, client);
    return client.request({ method: 'POST', path, template, body, headers, readOnly: true, signal });
  };
  const logIn = file.type === 'service_account' ? serviceAccount(file, post, deps) : federated(file, post, deps, ways);
  return { logIn, close: () => [...services.values()].forEach((client) => client.close()) };
}

type Post = (
  call: {
    readonly service: 'oauth2' | 'sts' | 'iamcredentials';
    readonly path: string;
    readonly template: string;
    readonly body: string;
    readonly headers: Readonly<Record<string, string>>;
  },
  signal: AbortSignal,
) => Promise<HttpResponse>;

function loginClient(service: string, { loginUrl, requestTimeoutMs }: Config, deps: Deps): HttpClient {
  return httpClient({
    baseUrl: loginUrl ?? `https://${service}.googleapis.com`,
    ca: deps.secret['ca.crt'],
    timeoutMs: requestTimeoutMs,
    maxSockets: 1,
    credentials: deps.credentials,
  });
}

function credentialsIn(text: string | undefined): z.output<typeof credentialsFile> {
  const read = credentialsFile.safeParse(parseAnswer(text ?? ''));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where =
    text === undefined ? 'it is not there' : `${['', ...(issue?.path ?? [])].join('.')} ${issue?.message ?? ''}`.trim();
  const message = `The secret of this enforcement point needs "credentials.json": the key file of a service account, or the configuration of workload identity federation with a token file (${where.slice(0, 200)}). Or say config.credentials: MetadataServer.`;
  throw new AdapterError('auth', message);
}

const form = { 'Content-Type': 'application/x-www-form-urlencoded' } as const;

/** "Using OAuth 2.0 for server to server applications": a signed statement of an hour for a token of an hour. */
function serviceAccount(file: z.output<typeof keyFile>, post: Post, deps: Deps): TokenSource['logIn'] {
  const key = privateKey(file.private_key);
  return async (signal) => {
    const now = Math.floor(deps.clock.now() / 1_000);
    const header = { alg: 'RS256', typ: 'JWT', ...(file.private_key_id !== undefined && { kid: file.private_key_id }) };
    const aud = 'https://oauth2.googleapis.com/token';
    const assertion = signed(header, { iss: file.client_email, scope, aud, iat: now, exp: now + 3_600 }, key);
    deps.credentials?.add(assertion);
    const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
    const call = {
      service: 'oauth2',
      path: '/token',
      template: '/token',
      body: body.toString(),
      headers: form,
    } as const;
    return tokenIn(await post(call, signal), deps, call.template);
  };
}

function privateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new AdapterError('auth', 'private_key in "credentials.json" is no private key; download the key file again.');
  }
}

function signed(header: object, claims: object, key: KeyObject): string {
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`;
}

/** "Workload Identity Federation": the projected token of the ServiceAccount for one of Google, and that for one of a service account. */
function federated(
  file: z.output<typeof federation>,
  post: Post,
  deps: Deps,
  { readToken = async (path) => readFile(path, 'utf8') }: LoginWays,
): TokenSource['logIn'] {
  return async (signal) => {
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: file.audience,
      subject_token_type: file.subject_token_type,
      subject_token: await projected(file.credential_source.file, readToken, deps),
      scope,
    });
    const call = {
      service: 'sts',
      path: '/v1/token',
      template: '/v1/token',
      body: body.toString(),
      headers: form,
    } as const;
    const own = tokenIn(await post(call, signal), deps, call.template);
    const url = file.service_account_impersonation_url;
    if (url === undefined) return own;
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${own.value}` };
    const template = '/v1/projects/-/serviceAccounts/{email}:generateAccessToken';
    const { pathname } = new URL(url);
    const asked = {
      service: 'iamcredentials',
      path: pathname,
      template,
      body: JSON.stringify({ scope: [scope] }),
      headers,
    } as const;
    return tokenIn(await post(asked, signal), deps, template);
  };
}

/** Kubernetes writes a new one every hour: it is read each time. */
async function projected(
  path: string,
  readToken: NonNullable<LoginWays['readToken']>,
  { credentials }: Deps,
): Promise<string> {
  try {
    const token = (await readToken(path)).trim();
    credentials?.add(token);
    return token;
  } catch {
    const message = `There is no ${path}, which credential_source.file in "credentials.json" names: project a token of the ServiceAccount with the audience of the workload identity pool there.`;
    throw new AdapterError('auth', message);
  }
}

function fromMachine(answer: HttpResponse | undefined, deps: Deps): Token {
  if (answer !== undefined) return tokenIn(answer, deps, '/computeMetadata/v1/instance/service-accounts/default/token');
  const message =
    'The metadata server (metadata.google.internal) does not answer: config.credentials MetadataServer needs a worker that runs in Google Cloud and may reach it.';
  throw new AdapterError('auth', message);
}

/** What Google's words mean, and what to do. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [
    /short-lived token|reasonable timeframe|iat and exp|is expired|stale to sign-in|future/i,
    'the time in the token is not now; set the clock of the node that the worker runs on',
  ],
  [
    /invalid jwt signature|account not found|Invalid grant: account/i,
    'the key is not known; make a new key file of the service account',
  ],
  [
    /audience|issuer/i,
    'the pool does not trust this token; compare the audience and the issuer with those of the provider',
  ],
  [/getAccessToken/i, 'the identity may not act as the service account; give it roles/iam.workloadIdentityUser on it'],
];

/** `{access_token, expires_in}`, or of a service account `{accessToken, expireTime}`. */
function tokenIn({ status, headers, body }: HttpResponse, { clock, credentials }: Deps, template: string): Token {
  const answer = parseAnswer(body);
  const read = isObject(answer) ? answer : {};
  const value = textOf(read['access_token']) || textOf(read['accessToken']);
  if (status === 200 && /^[\x21-\x7e]+$/.test(value)) {
    credentials?.add(value);
    const now = clock.now();
    const until = Date.parse(textOf(read['expireTime']));
    const seconds = Number(textOf(read['expires_in'])) || (until - now) / 1_000;
    return { value, loggedInMs: now, lifeSeconds: seconds > 0 ? seconds : 3_600 };
  }
  const error = isObject(read['error']) ? read['error'] : {};
  const said = [textOf(read['error']), textOf(read['error_description']), textOf(error['message'])].join(' ').trim();
  const known = refusals.find(([pattern]) => pattern.test(said))?.[1];
  const [errorClass, meaning] = known === undefined ? meaningOf(status) : (['auth', known] as const);
  throw new AdapterError(
    errorClass,
    `Google gives no token: ${meaning}${said === '' ? '' : ` (${said.slice(0, 200)})`}.`,
    {
      status,
      request: `POST ${template}`,
      ...(headers['retry-after'] !== undefined && { retryAfterMs: Number(headers['retry-after']) * 1_000 || 5_000 }),
    },
  );
}

function meaningOf(status: number): readonly [ErrorClass, string] {
  if (status === 429) return ['throttled', 'it is asked too often'];
  if (status === 403) return ['forbidden', 'it is not permitted'];
  return status >= 400 && status < 500
    ? ['auth', `it refuses the credentials (${status})`]
    : ['transient', `it answers ${status}`];
}
