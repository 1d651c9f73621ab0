import type { Clock } from '../../adapter/adapter.ts';
import type { Secret, SecretSource } from './secret-watch.ts';

interface Known {
  readonly name: string;
  readonly secret: Secret;
  /** Milliseconds of the clock that cannot be set. */
  readonly readAt: number;
}

/** A Secret that was read is used as it is for the first of these, and while it is read again beside for the second, milliseconds. */
const [freshMs, usableMs] = [1_000, 10_000];

/**
 * The Secrets of points as they were a moment ago. Reading one is a call to the API server, or some of the disk, and a
 * change of members would wait for that each time. One that was changed is seen by the use after the next.
 */
export class RecentSecrets {
  readonly #secrets: SecretSource;
  readonly #clock: Pick<Clock, 'elapsed'>;
  readonly #known = new Map<string, Known>();
  /** Which reading of each point's began last: what another one finds is older, or was found out to be wrong. */
  readonly #reading = new Map<string, symbol>();

  constructor({ secrets, clock }: { readonly secrets: SecretSource; readonly clock: Pick<Clock, 'elapsed'> }) {
    this.#secrets = secrets;
    this.#clock = clock;
  }

  /** As it was a moment ago, where it was read then. @throws whatever reading it did */
  async of(point: string, name: string): Promise<Secret | undefined> {
    const known = this.#known.get(point);
    const ageMs = this.#clock.elapsed() - (known?.readAt ?? -Infinity);
    if (known?.name !== name || ageMs >= usableMs) return this.read(point, name);
    if (ageMs >= freshMs) void this.#readBeside(point, name);
    return known.secret;
  }

  /** It is read before it is used again. */
  forget(point: string): void {
    this.#known.delete(point);
    this.#reading.delete(point);
  }

  /** As it is now. @throws whatever reading it did */
  async read(point: string, name: string): Promise<Secret | undefined> {
    const reading = Symbol(name);
    this.#reading.set(point, reading);
    const isLast = (): boolean => this.#reading.get(point) === reading;
    const readAt = this.#clock.elapsed();
    try {
      const secret = await this.#secrets(name);
      if (!isLast()) return secret;
      if (secret === undefined) this.#known.delete(point);
      else this.#known.set(point, { name, secret, readAt });
      return secret;
    } finally {
      if (isLast()) this.#reading.delete(point);
    }
  }

  /** What cannot be read beside is read by the next use, which tells. */
  async #readBeside(point: string, name: string): Promise<void> {
    if (!this.#reading.has(point)) await this.read(point, name).catch(() => this.forget(point));
  }
}
