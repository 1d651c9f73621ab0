import { createHash, randomBytes } from 'node:crypto';
import type { SimulatedRequest } from '../../../../kit/simulator/simulated-device.ts';
import { parseIp, parseRange, within } from '../../../../kit/simulator/traffic/addresses.ts';
import type { AccessGroup } from '../tables/schema.ts';

export type Permission = 'none' | 'read' | 'read-write';
export type Permissions = Readonly<Partial<Record<AccessGroup, Permission>>>;

/** `config system api-user`, with its access profile. */
export interface ApiUser {
  readonly name: string;
  readonly token: string;
  /** Groups that are not named: read-write. */
  readonly permissions?: Permissions;
  /** CIDRs; absent: from anywhere. The device refuses 0.0.0.0/0 here. */
  readonly trusthosts?: readonly string[];
  /** Absent: every VDOM. */
  readonly vdoms?: readonly string[];
}

export interface AccessOptions {
  readonly apiUsers: readonly ApiUser[];
  /** For the login with a password; absent: no account. */
  readonly admin?: { readonly username: string; readonly password: string };
  /** `rest-api-key-url-query`: a token in the URL is accepted. */
  readonly restApiKeyUrlQuery: boolean;
  /** After so many failures an address is locked out, whatever it sends then. */
  readonly lockout: { readonly threshold: number; readonly durationMs: number };
}

/** Who may come in: tokens, sessions, trusted hosts, and the lockout of those who guess. */
export class Access {
  readonly #options: AccessOptions;
  readonly #now: () => number;
  #tokens = new Map<string, ApiUser>();
  #sessions = new Map<string, { readonly user: ApiUser; readonly csrf: string }>();
  #failures = new Map<string, { count: number; lockedUntil: number }>();

  constructor(options: AccessOptions, now: () => number) {
    for (const host of options.apiUsers.flatMap((user) => user.trusthosts ?? [])) {
      if (parseRange(host) === undefined || host === '0.0.0.0/0') throw new RangeError(`${host} is not a trusted host`);
    }
    this.#options = options;
    this.#now = now;
    this.reset();
  }

  reset(): void {
    this.#tokens = new Map(this.#options.apiUsers.map((user) => [fingerprint(user.token), user]));
    this.#sessions.clear();
    this.#failures.clear();
  }

  admit(request: SimulatedRequest): ApiUser | 'unauthorized' | 'locked-out' | 'csrf' {
    if (this.#locked(request.remoteAddress)) return 'locked-out';
    const session = this.#sessions.get(cookies(request)['session_key'] ?? '');
    if (session !== undefined) {
      return request.method === 'GET' || request.headers['x-csrftoken'] === session.csrf ? session.user : 'csrf';
    }
    const token = this.#token(request);
    const user = token === undefined ? undefined : this.#userOf(token);
    if (user === undefined || !trusted(user, request.remoteAddress)) return this.#failed(request.remoteAddress);
    this.#failures.delete(request.remoteAddress);
    return user;
  }

  /** A session for the administrator, or why not. */
  login(request: SimulatedRequest, username: unknown, password: unknown): Session | 'unauthorized' | 'locked-out' {
    if (this.#locked(request.remoteAddress)) return 'locked-out';
    const { admin } = this.#options;
    if (admin === undefined || username !== admin.username || password !== admin.password) {
      return this.#failed(request.remoteAddress);
    }
    this.#failures.delete(request.remoteAddress);
    const session = { key: randomBytes(18).toString('base64url'), csrf: randomBytes(16).toString('hex').toUpperCase() };
    this.#sessions.set(session.key, { user: { name: admin.username, token: session.key }, csrf: session.csrf });
    return session;
  }

  logout(request: SimulatedRequest): void {
    this.#sessions.delete(cookies(request)['session_key'] ?? '');
    this.#sessions.delete(this.#token(request) ?? '');
  }

  /** A new token for an api-user; the old one is void from now on. */
  regenerate(name: string): string | undefined {
    const user = [...this.#tokens.values()].find((candidate) => candidate.name === name);
    if (user === undefined) return undefined;
    const token = randomBytes(15).toString('hex');
    this.#tokens = new Map([...this.#tokens].filter(([, other]) => other.name !== name));
    this.#tokens.set(fingerprint(token), { ...user, token });
    return token;
  }

  #token(request: SimulatedRequest): string | undefined {
    const bearer = /^Bearer (\S+)$/.exec(request.headers['authorization'] ?? '')?.[1];
    if (bearer !== undefined || !this.#options.restApiKeyUrlQuery) return bearer;
    return new URL(request.path, 'https://device').searchParams.get('access_token') ?? undefined;
  }

  #userOf(token: string): ApiUser | undefined {
    return this.#tokens.get(fingerprint(token)) ?? this.#sessions.get(token)?.user;
  }

  #locked(address: string): boolean {
    return (this.#failures.get(address)?.lockedUntil ?? 0) > this.#now();
  }

  #failed(address: string): 'unauthorized' | 'locked-out' {
    const { threshold, durationMs } = this.#options.lockout;
    const known = this.#failures.get(address);
    const past = known === undefined || known.lockedUntil > 0 ? 0 : known.count;
    const lockedUntil = past + 1 >= threshold ? this.#now() + durationMs : 0;
    this.#failures.set(address, { count: past + 1, lockedUntil });
    return 'unauthorized';
  }
}

export interface Session {
  readonly key: string;
  readonly csrf: string;
}

export function mayDo(user: ApiUser, group: AccessGroup | 'any', method: string): boolean {
  if (group === 'any') return true;
  const granted = user.permissions?.[group] ?? 'read-write';
  return granted === 'read-write' || (granted === 'read' && method === 'GET');
}

export function seesVdom(user: ApiUser, vdom: string): boolean {
  return user.vdoms === undefined || user.vdoms.includes(vdom);
}

function trusted({ trusthosts }: ApiUser, address: string): boolean {
  const ip = parseIp(address);
  if (trusthosts === undefined || ip === undefined) return trusthosts === undefined;
  return trusthosts.map(parseRange).some((range) => range !== undefined && within(ip, range));
}

function cookies(request: SimulatedRequest): Readonly<Record<string, string>> {
  const pairs = (request.headers['cookie'] ?? '').split(/;\s*/).map((pair) => {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    return [name.replace(/_\d+$/, ''), value.replace(/^"|"$/g, '')] as const;
  });
  return Object.fromEntries(pairs);
}

/** Tokens are compared by hash: the time that takes tells nothing. */
function fingerprint(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
