import type { RedisClient } from './connect.ts';
import { isOutage } from './outage.ts';
import { asRedisError } from './redis-error.ts';

/** Connections that come and go, of a server, through Sentinels, or to a node of a Cluster. */
const signs = ['close', 'ready', 'error', 'node error', '+node', '-node'] as const;
const everyMs = 250;
const forMs = 5_000;

/**
 * After an outage Redis may be behind: what the last one acknowledged may be undone. While connections come and go, and
 * for five seconds after, what this process believes is compared with what Redis has, several times a second.
 */
export class RecoveryCheck {
  readonly #compare: () => Promise<void>;
  readonly #begin = (): void => this.begin();
  readonly #client: RedisClient;
  #until = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(client: RedisClient, compare: () => Promise<void>) {
    this.#client = client;
    this.#compare = compare;
    for (const sign of signs) client.on(sign, this.#begin);
  }

  /** Takes an error from any Redis call; one that means that Redis is away begins the check. */
  met(error: unknown): void {
    if (isOutage(asRedisError(error))) this.begin();
  }

  begin(): void {
    this.#until = performance.now() + forMs;
    if (!this.#closed) this.#timer ??= setTimeout(() => void this.#look(), everyMs);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const sign of signs) this.#client.off(sign, this.#begin);
  }

  async #look(): Promise<void> {
    // Without Redis there is nothing to compare with; its coming back is a sign.
    if (this.#client.status === 'ready') await this.#compare().catch((error: unknown) => this.met(error));
    this.#timer = undefined;
    if (performance.now() < this.#until && !this.#closed) this.#timer = setTimeout(() => void this.#look(), everyMs);
  }
}
