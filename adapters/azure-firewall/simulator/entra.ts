import { randomBytes } from 'node:crypto';
import { json } from '../../../kit/simulator/answers.ts';
import { BearerTokens } from '../../../kit/simulator/bearer-tokens.ts';
import { Refusal } from '../../../kit/simulator/refusal.ts';
import type { SimulatedRequest, SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';

const lifeSeconds = 3_599;

/** An application in a tenant, and the tokens that it was given. */
export class Application {
  readonly tenantId = '00000000-0000-4000-8000-00000000000a';
  readonly clientId = '00000000-0000-4000-8000-00000000000b';
  readonly clientSecret = randomBytes(24).toString('base64url');
  readonly tokens = new BearerTokens();

  /** @throws Refusal for a token that is none, or no more */
  expectToken(header: string, now: number): void {
    const until = this.tokens.endOf(header);
    if (until === undefined) throw new Refusal(401, 'InvalidAuthenticationToken', 'The access token is invalid.');
    if (until <= now)
      throw new Refusal(
        401,
        'ExpiredAuthenticationToken',
        'The access token expiry UTC time is earlier than current UTC time.',
      );
  }
}

export function isTokenRequest({ method, path }: Pick<SimulatedRequest, 'method' | 'path'>): boolean {
  return method === 'POST' && /^\/[^/]+\/oauth2\/v2\.0\/token$/.test(path);
}

export function answerToken(
  { path, body }: SimulatedRequest,
  application: Application,
  now: number,
): SimulatedResponse {
  const form = new URLSearchParams(body);
  const fault = faultOf(path.split('/')[1] ?? '', form, application);
  if (fault !== undefined) {
    const [code, why] = fault;
    return json(401, { error: 'invalid_client', error_description: `AADSTS${code}: ${why}`, error_codes: [code] });
  }
  return json(200, {
    token_type: 'Bearer',
    expires_in: lifeSeconds,
    ext_expires_in: lifeSeconds,
    access_token: application.tokens.give(now + lifeSeconds * 1_000),
  });
}

function faultOf(
  tenant: string,
  form: URLSearchParams,
  { tenantId, clientId, clientSecret }: Application,
): readonly [number, string] | undefined {
  if (tenant !== tenantId) return [90002, `Tenant '${tenant}' not found.`];
  if (form.get('client_id') !== clientId) return [700016, 'Application was not found in the directory.'];
  if (form.get('grant_type') !== 'client_credentials' || !(form.get('scope') ?? '').endsWith('/.default'))
    return [70011, 'The provided value for scope is not valid.'];
  return form.get('client_secret') === clientSecret ? undefined : [7000215, 'Invalid client secret provided.'];
}
