import { Refusal } from '../../../kit/simulator/refusal.ts';
import { createVerify, generateKeyPairSync, randomBytes } from 'node:crypto';
import { BearerTokens } from '../../../kit/simulator/bearer-tokens.ts';
import { json } from '../../../kit/simulator/answers.ts';
import type { SimulatedRequest, SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';

const lifeSeconds = 3_599;
/** "Check your iat and exp values and use a clock with skew to account for clock differences." */
const skewSeconds = 300;

/** A service account with a key and a pool that trusts one token of a ServiceAccount, and the tokens that they were given. */
export class Accounts {
  readonly email = 'postern@edge-project.iam.gserviceaccount.com';
  readonly audience = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/edge/providers/cluster';
  /** The projected token. */
  readonly subjectToken = randomBytes(48).toString('base64url');
  readonly tokens = new BearerTokens();
  readonly #keys = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  readonly #now: () => number;

  /** @param now milliseconds, by the clock of Google */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The file that an administrator downloads. */
  keyFile(origin: string): string {
    return JSON.stringify({
      type: 'service_account',
      project_id: 'edge-project',
      private_key_id: 'edge-key',
      private_key: this.#keys.privateKey,
      client_email: this.email,
      token_uri: `${origin}/token`,
    });
  }

  /** @throws Refusal for a token that is none, or no more */
  expectToken(header: string): void {
    const until = this.tokens.endOf(header) ?? 0;
    const message =
      'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.';
    if (until <= this.#now()) throw new Refusal(401, 'authError', message);
  }

  answer({ path, body, headers }: SimulatedRequest): SimulatedResponse {
    const form = new URLSearchParams(body);
    if (path === '/token') return this.#forStatement(form);
    if (path === '/v1/token') return this.#forSubject(form);
    try {
      this.expectToken(headers['authorization'] ?? '');
    } catch {
      return json(401, {
        error: {
          code: 401,
          message: 'Request is missing required authentication credential.',
          status: 'UNAUTHENTICATED',
        },
      });
    }
    if (!path.includes(`/${this.email}:`))
      return json(403, {
        error: {
          code: 403,
          message: "Permission 'iam.serviceAccounts.getAccessToken' denied on resource.",
          status: 'PERMISSION_DENIED',
        },
      });
    const expireTime = new Date(this.#now() + lifeSeconds * 1_000).toISOString();
    return json(200, { accessToken: this.#give(), expireTime });
  }

  /** "Using OAuth 2.0 for server to server applications" */
  #forStatement(form: URLSearchParams): SimulatedResponse {
    const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
    const isSigned = createVerify('RSA-SHA256')
      .update(`${head}.${claims}`)
      .verify(this.#keys.publicKey, Buffer.from(signature, 'base64url'));
    const refuse = (why: string): SimulatedResponse => json(400, { error: 'invalid_grant', error_description: why });
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return refuse('Bad Request');
    if (!isSigned) return refuse('Invalid JWT Signature.');
    const said = JSON.parse(Buffer.from(claims, 'base64url').toString()) as JsonObject;
    if (said['iss'] !== this.email) return refuse('Invalid grant: account not found');
    if (!/^https:\/\/[^/]+\/token$/.test(JSON.stringify(said['aud']).slice(1, -1)))
      return refuse('Invalid JWT: Failed audience check.');
    const [iat, exp, now] = [Number(said['iat']), Number(said['exp']), this.#now() / 1_000];
    if (iat > now + skewSeconds || exp < now || exp - iat > 3_600)
      return refuse(
        'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
      );
    return this.#given();
  }

  /** "Workload Identity Federation" */
  #forSubject(form: URLSearchParams): SimulatedResponse {
    const refuse = (error: string, why: string): SimulatedResponse => json(400, { error, error_description: why });
    if (form.get('audience') !== this.audience)
      return refuse('invalid_target', 'The target service indicated by the "audience" parameters is invalid.');
    if (form.get('subject_token') !== this.subjectToken)
      return refuse('invalid_grant', 'The issuer in ID Token does not match the expected ones.');
    return this.#given();
  }

  #given(): SimulatedResponse {
    return json(200, { access_token: this.#give(), expires_in: lifeSeconds, token_type: 'Bearer' });
  }

  #give(): string {
    return this.tokens.give(this.#now() + lifeSeconds * 1_000);
  }
}

export function isLogin({ method, path }: Pick<SimulatedRequest, 'method' | 'path'>): boolean {
  return (
    method === 'POST' &&
    /^(\/token|\/v1\/token|\/v1\/projects\/-\/serviceAccounts\/[^/]+:generateAccessToken)$/.test(path)
  );
}
