import { randomBytes } from 'node:crypto';
import type { SimulatedRequest } from '../../../../kit/simulator/simulated-device.ts';
import { Failure, Rejection } from './failure.ts';

export interface User {
  readonly name: string;
  readonly password: string;
  /** `guest` and `operator` may only read. */
  readonly role?: 'admin' | 'resource-admin' | 'manager' | 'firewall-manager' | 'operator' | 'guest';
  /** The one partition where it may write; absent: all. */
  readonly partition?: string;
}

export interface Token {
  readonly token: string;
  readonly user: User;
  readonly startedAt: number;
  /** Seconds, counted from the start. */
  readonly timeout: number;
  readonly address: string;
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const longest = 36_000;

interface AccessSettings {
  readonly users: readonly User[];
  readonly now: () => number;
  readonly tokenSeconds: number;
  readonly tokensPerUser: number;
}

/** Users and their tokens. A reboot leaves tokens alone (a guess). */
export class Access {
  readonly #settings: AccessSettings;
  readonly #tokens = new Map<string, Token>();

  constructor(settings: AccessSettings) {
    this.#settings = settings;
  }

  /** @throws Rejection for wrong credentials, or for one token too many. */
  login(name: unknown, password: unknown, address: string): Token {
    const user = this.#user(name, password);
    if (user.name !== 'admin' && this.tokens(user).length >= this.#settings.tokensPerUser) {
      throw new Rejection(400, `Bad Request: user ${user.name} has reached maximum active login tokens`);
    }
    const text = [...randomBytes(26)].map((byte) => base32.charAt(byte % 32)).join('');
    const token = { token: text, user, startedAt: this.#settings.now(), timeout: this.#settings.tokenSeconds, address };
    this.#tokens.set(text, token);
    return token;
  }

  /** The living tokens of a user. */
  tokens(user: User): readonly Token[] {
    return [...this.#tokens.values()].filter((token) => token.user.name === user.name && this.#lives(token));
  }

  find(text: string): Token | undefined {
    const token = this.#tokens.get(text);
    return token !== undefined && this.#lives(token) ? token : undefined;
  }

  /** @throws Failure for more than ten hours. */
  extend(token: Token, timeout: number): Token {
    if (timeout > longest) throw new Failure(406, `Auth-token absolute timeout (${longest} seconds) exceeded`, 0);
    const extended = { ...token, timeout };
    this.#tokens.set(token.token, extended);
    return extended;
  }

  forget(text: string): boolean {
    return this.#tokens.delete(text);
  }

  /** Who asks, by token or by name and password. @throws Rejection. */
  admit({ headers, path, remoteAddress }: SimulatedRequest): User {
    const text = headers['x-f5-auth-token'];
    if (text !== undefined) {
      const token = this.find(text);
      if (token === undefined) throw new Rejection(401, 'X-F5-Auth-Token does not exist.');
      return token.user;
    }
    const basic = /^Basic ([A-Za-z0-9+/=]+)$/.exec(headers['authorization'] ?? '');
    const asked = path.split('?')[0] ?? '';
    if (basic === null) {
      const found = 'no user authentication header or token detected.';
      const where = `Uri:http://localhost:8100${asked} Referrer:Unknown Sender:${remoteAddress}`;
      throw new Rejection(401, `Authorization failed: ${found} ${where}`);
    }
    const [name, ...password] = Buffer.from(basic[1] ?? '', 'base64')
      .toString('utf8')
      .split(':');
    return this.#user(name, password.join(':'));
  }

  #user(name: unknown, password: unknown): User {
    const user = this.#settings.users.find((one) => one.name === name && one.password === password);
    if (user === undefined) throw new Rejection(401, 'Authentication failed.');
    return user;
  }

  #lives(token: Token): boolean {
    return this.#settings.now() < token.startedAt + token.timeout * 1_000;
  }
}
