import { askMetadataService } from '../../../kit/common/api/metadata-service.ts';
import type { Token, TokenSource } from '../../../kit/common/api/tokens.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import { httpClient, type HttpClient, type HttpResponse } from '../../../src/adapter/http/client.ts';
import type { GcpConfig } from '../config.ts';
import { credentialsIn } from './credentials-file.ts';
import { federated, type ReadToken } from './federation.ts';
import { serviceAccount } from './service-account.ts';
import { tokenIn, type LoginDeps, type Post } from './token.ts';

/*
 * Application default credentials, as Google's own clients read them. No address out of the file is asked: a file from elsewhere could
 * send what proves the worker's identity to anybody ("Security requirements when using credential configurations from an external source").
 */

const metadataUrl = 'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token';

type Config = Pick<GcpConfig, 'credentials' | 'loginUrl' | 'requestTimeoutMs'>;

export interface LoginWays {
  /** To the service of that name, `oauth2`. */
  readonly http?: (service: string) => HttpClient;
  readonly readToken?: ReadToken;
  readonly metadata?: typeof askMetadataService;
}

export interface Login extends TokenSource {
  close(): void;
}

/** Access tokens for both services. @throws AdapterError `auth` when the secret lacks something */
export function tokenSource(config: Config, deps: LoginDeps, ways: LoginWays): Login {
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
  const logIn =
    file.type === 'service_account' ? serviceAccount(file, post, deps) : federated(file, post, deps, ways.readToken);
  return { logIn, close: () => [...services.values()].forEach((client) => client.close()) };
}

function loginClient(service: string, { loginUrl, requestTimeoutMs }: Config, deps: LoginDeps): HttpClient {
  return httpClient({
    baseUrl: loginUrl ?? `https://${service}.googleapis.com`,
    ca: deps.secret['ca.crt'],
    timeoutMs: requestTimeoutMs,
    maxSockets: 1,
    credentials: deps.credentials,
  });
}

function fromMachine(answer: HttpResponse | undefined, deps: LoginDeps): Token {
  if (answer !== undefined) return tokenIn(answer, deps, '/computeMetadata/v1/instance/service-accounts/default/token');
  const message =
    'The metadata server (metadata.google.internal) does not answer: config.credentials MetadataServer needs a worker that runs in Google Cloud and may reach it.';
  throw new AdapterError('auth', message);
}
