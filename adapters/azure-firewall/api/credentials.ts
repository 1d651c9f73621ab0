import { readFile } from 'node:fs/promises';
import { isObject, textOf } from '../../../kit/common/api/json.ts';
import { parseAnswer } from '../../../kit/common/api/parse-answer.ts';
import { tokenRefused, type KnownRefusal } from '../../../kit/common/api/token-refusal.ts';
import type { Token, TokenSource } from '../../../kit/common/api/tokens.ts';
import type { AdapterDeps } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { HttpClient, HttpResponse } from '../../../src/adapter/http/client.ts';
import type { AzureConfig } from '../config.ts';
import { askMachine } from './machine.ts';

/** Where Azure's webhook puts the token of a ServiceAccount that an application trusts. */
const federatedToken = '/var/run/secrets/azure/tokens/azure-identity-token';

type Deps = Pick<AdapterDeps, 'secret' | 'clock' | 'credentials'>;
type Config = Pick<AzureConfig, 'credentials' | 'tenantId' | 'clientId' | 'url' | 'loginUrl'>;

export interface LoginWays {
  /** To Microsoft Entra. */
  readonly http: HttpClient;
  readonly readToken?: (path: string) => Promise<string>;
  readonly machine?: typeof askMachine;
}

/** Access tokens for Azure Resource Manager. @throws AdapterError `auth` when the config or the secret lacks something */
export function tokenSource(config: Config, deps: Deps, ways: LoginWays): TokenSource {
  const { readToken = async (path: string) => readFile(path, 'utf8'), machine = askMachine } = ways;
  const resource = config.url.replace(/\/+$/, '');
  if (config.credentials === 'ManagedIdentity') {
    return { logIn: async (signal) => tokenIn(await machine(resource, config.clientId, signal), deps) };
  }
  const { tenantId = '', clientId = '' } = config;
  const secret = deps.secret['clientSecret']?.trim() ?? '';
  if (config.credentials === 'ClientSecret' && secret === '') {
    const message =
      'The secret of this enforcement point needs "clientSecret" of the application config.clientId; or say config.credentials.';
    throw new AdapterError('auth', message);
  }
  const proof = async (): Promise<Readonly<Record<string, string>>> =>
    config.credentials === 'ClientSecret'
      ? { client_secret: secret }
      : {
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: await federated(readToken, deps),
        };
  return {
    logIn: async (signal) => {
      const form = {
        grant_type: 'client_credentials',
        client_id: clientId,
        scope: `${resource}/.default`,
        ...(await proof()),
      };
      const response = await ways.http.request({
        method: 'POST',
        path: `/${tenantId}/oauth2/v2.0/token`,
        template: '/{tenant}/oauth2/v2.0/token',
        body: new URLSearchParams(form).toString(),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        readOnly: true,
        signal,
      });
      return tokenIn(response, deps);
    },
  };
}

/** Kubernetes writes a new one every hour: it is read each time. */
async function federated(readToken: (path: string) => Promise<string>, { credentials }: Deps): Promise<string> {
  try {
    const token = (await readToken(federatedToken)).trim();
    credentials?.add(token);
    return token;
  } catch {
    const message = `There is no ${federatedToken}: config.credentials WorkloadIdentity needs Azure's workload identity webhook, the label azure.workload.identity/use: "true" on the worker's pods and an annotated ServiceAccount.`;
    throw new AdapterError('auth', message);
  }
}

/** What the codes of Entra mean, and what to do. */
const refusals: readonly KnownRefusal[] = [
  [/AADSTS7000215|AADSTS7000222/, 'the client secret is wrong or has expired; write a new one into the Secret'],
  [/AADSTS700016|AADSTS90002/, 'there is no such application in the tenant; check config.tenantId and config.clientId'],
  [
    /AADSTS70021|AADSTS700213/,
    'the application trusts no such ServiceAccount; add a federated credential with its issuer and subject',
  ],
  [/AADSTS700024|AADSTS500133/, 'the token is not valid at this time; compare the clock of the node with the time'],
];

function tokenIn({ status, headers, body }: HttpResponse, { clock, credentials }: Deps): Token {
  const answer = parseAnswer(body);
  const read = isObject(answer) ? answer : {};
  const value = textOf(read['access_token']);
  if (status === 200 && /^[\x21-\x7e]+$/.test(value)) {
    credentials?.add(value);
    const lifeSeconds = Number(textOf(read['expires_in']));
    return { value, loggedInMs: clock.elapsed(), lifeSeconds: lifeSeconds > 0 ? lifeSeconds : 3_600 };
  }
  const said = textOf(read['error_description']).slice(0, 300);
  const code = /AADSTS\d+/.exec(said)?.[0] ?? textOf(read['error']).slice(0, 40);
  const request = 'POST /{tenant}/oauth2/v2.0/token';
  throw tokenRefused({ status, headers }, refusals, { service: 'Microsoft Entra', said, shown: code, code, request });
}
