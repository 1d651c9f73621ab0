import type { RedisClient } from './connect.ts';
import { asRedisError, askRedis, type RedisError } from './redis-error.ts';

/** Codes of errors that end by themselves: Redis is not reached, or is failing over. */
const passing = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'LOADING',
  'CLUSTERDOWN',
  'MASTERDOWN',
  'READONLY',
  'TRYAGAIN',
  'UNBLOCKED',
  'NOREPLICAS',
]);
const passingText =
  /not connected|connection is closed|isn't writeable|sentinels? (?:are|is) unreachable|timed out|refresh slots cache|startup nodes|max retries per request|too many cluster redirections/i;

/** Redis is not reached, or is failing over, as this message says: every command fails until that is over. */
export function isOutage(error: Pick<Error, 'message'> & { readonly code?: unknown }): boolean {
  return outageCause(error) !== undefined;
}

/** The code that says why (`ECONNREFUSED`); empty: only that Redis does not answer; undefined: this is no outage. */
export function outageCause({
  message,
  code = '',
}: Pick<Error, 'message'> & { readonly code?: unknown }): string | undefined {
  const given = String(code);
  if (passing.has(given)) return given;
  return [...passing].find((word) => message.includes(word)) ?? (passingText.test(message) ? '' : undefined);
}

/**
 * What the connection says of Redis: whether it answers, and what a person should mend. Asked whenever Redis has come
 * back: a setting may have changed in the meantime, or another server answers.
 */
export class RedisHealth {
  readonly #client: RedisClient;
  readonly #told: (advice: string) => void;
  #away: RedisError | undefined;
  #advice = '';

  /** @param told what a person should mend, once for each thing */
  constructor(client: RedisClient, told: (advice: string) => void) {
    this.#client = client;
    this.#told = told;
    client.on('error', (error: unknown) => (this.#away = asRedisError(error)));
    client.on('ready', () => void this.#ready());
  }

  /** Why Redis is not reached; empty: it is. */
  get away(): string {
    return this.#client.status === 'ready' ? '' : (this.#away?.message ?? 'Redis: it does not answer');
  }

  /** What should be mended; empty: nothing is known. */
  get advice(): string {
    return this.#advice;
  }

  async #ready(): Promise<void> {
    this.#away = undefined;
    const advice = await evictionAdvice(this.#client).catch((error: unknown) => uncheckedAdvice(asRedisError(error)));
    if (advice !== '' && advice !== this.#advice) this.#told(advice);
    this.#advice = advice;
  }
}

/** Redis may throw away what it holds, unless it is told not to: then a revocation waits until a worker notices the loss. */
async function evictionAdvice(client: RedisClient): Promise<string> {
  const servers = 'nodes' in client ? client.nodes('master') : [client];
  const texts = await askRedis(() => Promise.all(servers.map((server) => server.info('memory'))));
  const policies = texts.map((text) => /^maxmemory_policy:(\S+)/m.exec(text)?.[1] ?? 'noeviction');
  const policy = policies.find((found) => found !== 'noeviction');
  if (policy === undefined) return '';
  return `Redis may evict keys of Postern (maxmemory-policy ${policy}), which delays revocations: set maxmemory-policy noeviction`;
}

/** An error that passes says nothing about rights. */
function uncheckedAdvice({ message, code }: RedisError): string {
  if (code !== 'NOPERM') return '';
  return `The user of Redis may not use INFO, so that neither a failover to an older state is noticed nor maxmemory-policy checked: grant it, or make sure yourself that the policy is noeviction (${message})`;
}
