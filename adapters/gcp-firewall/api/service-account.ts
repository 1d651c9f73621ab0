import { createPrivateKey, createSign, type KeyObject } from 'node:crypto';
import type { TokenSource } from '../../../kit/common/api/tokens.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { KeyFile } from './credentials-file.ts';
import { form, scope, tokenIn, type LoginDeps, type Post } from './token.ts';

/** "Using OAuth 2.0 for server to server applications": a signed statement of an hour for a token of an hour. */
export function serviceAccount(file: KeyFile, post: Post, deps: LoginDeps): TokenSource['logIn'] {
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
