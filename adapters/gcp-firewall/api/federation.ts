import { readFile } from 'node:fs/promises';
import type { TokenSource } from '../../../kit/common/api/tokens.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { Federation } from './credentials-file.ts';
import { form, scope, tokenIn, type LoginDeps, type Post } from './token.ts';

export type ReadToken = (path: string) => Promise<string>;

/** "Workload Identity Federation": the projected token of the ServiceAccount for one of Google, and that for one of a service account. */
export function federated(
  file: Federation,
  post: Post,
  deps: LoginDeps,
  readToken: ReadToken = async (path) => readFile(path, 'utf8'),
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
async function projected(path: string, readToken: ReadToken, { credentials }: LoginDeps): Promise<string> {
  try {
    const token = (await readToken(path)).trim();
    credentials?.add(token);
    return token;
  } catch {
    const message = `There is no ${path}, which credential_source.file in "credentials.json" names: project a token of the ServiceAccount with the audience of the workload identity pool there.`;
    throw new AdapterError('auth', message);
  }
}
