import type { RedisClient } from '../redis/connect.ts';
import { asRedisError, RedisError } from '../redis/redis-error.ts';

interface Waiter {
  readonly requested: Promise<void>;
  readonly resolve: () => void;
}

/** Listens for sync requests of points from any process. Requests made while its connection is down are missed. */
export class RequestListener {
  readonly #subscriber: RedisClient;
  readonly #waiters = new Map<string, Waiter>();
  #listens = false;
  #closed = false;

  /**
   * @param subscriber a connection that only listens; closed with the listener
   * @param onError called when the Redis user may not subscribe to the channel
   */
  constructor(subscriber: RedisClient, channel: string, onError: (error: RedisError) => void) {
    this.#subscriber = subscriber;
    subscriber.on('message', (_, point: string) => this.#notify(point));
    subscriber.subscribe(channel).then(
      () => (this.#listens = true),
      (error: unknown) => {
        if (!this.#closed) onError(notSubscribed(channel, asRedisError(error)));
      },
    );
  }

  /** Resolves at the next request of the point; undefined: not subscribed. */
  next(point: string): Promise<void> | undefined {
    if (!this.#listens) return undefined;
    const waiter = this.#waiters.get(point) ?? newWaiter();
    this.#waiters.set(point, waiter);
    return waiter.requested;
  }

  close(): void {
    this.#closed = true;
    this.#subscriber.disconnect();
  }

  #notify(point: string): void {
    this.#waiters.get(point)?.resolve();
    this.#waiters.delete(point);
  }
}

function newWaiter(): Waiter {
  let resolve = (): void => undefined;
  const requested = new Promise<void>((done) => {
    resolve = done;
  });
  return { requested, resolve: () => resolve() };
}

function notSubscribed(channel: string, { message, code }: RedisError): RedisError {
  const what = `${message}. Requests that arrive while a device is being synced are polled for, and start some milliseconds later`;
  return new RedisError(`${what}: give this user the channel ${channel}`, code);
}
