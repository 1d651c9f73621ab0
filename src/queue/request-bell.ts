import type { RedisClient } from '../redis/connect.ts';
import { asRedisError, RedisError } from '../redis/redis-error.ts';

interface Ring {
  readonly heard: Promise<void>;
  readonly ring: () => void;
}

/** Hears when a point is requested, by whichever process. What is said while the connection is away is missed. */
export class RequestBell {
  readonly #subscriber: RedisClient;
  readonly #rings = new Map<string, Ring>();
  #listens = false;
  #closed = false;

  /**
   * @param subscriber a connection that only listens; closed with the bell
   * @param onError told of a channel that the user may not listen to
   */
  constructor(subscriber: RedisClient, channel: string, onError: (error: RedisError) => void) {
    this.#subscriber = subscriber;
    subscriber.on('message', (_, point: string) => this.#ring(point));
    subscriber.subscribe(channel).then(
      () => (this.#listens = true),
      (error: unknown) => {
        if (!this.#closed) onError(unheard(channel, asRedisError(error)));
      },
    );
  }

  /** Resolves when the point is requested the next time; undefined: that cannot be heard. */
  next(point: string): Promise<void> | undefined {
    if (!this.#listens) return undefined;
    const ring = this.#rings.get(point) ?? newRing();
    this.#rings.set(point, ring);
    return ring.heard;
  }

  close(): void {
    this.#closed = true;
    this.#subscriber.disconnect();
  }

  #ring(point: string): void {
    this.#rings.get(point)?.ring();
    this.#rings.delete(point);
  }
}

function newRing(): Ring {
  let ring = (): void => undefined;
  const heard = new Promise<void>((resolve) => {
    ring = resolve;
  });
  return { heard, ring: () => ring() };
}

function unheard(channel: string, { message, code }: RedisError): RedisError {
  const what = `${message}. Changes that come while a device is dealt with are looked for, and start some milliseconds later`;
  return new RedisError(`${what}: give this user the channel ${channel}`, code);
}
