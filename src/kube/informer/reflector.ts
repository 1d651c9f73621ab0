import type { Clock } from '../../adapter/adapter.ts';
import { Backoff } from '../client/backoff.ts';
import { decodeEvents, decodeList, type WatchEvent } from '../encoding/decode.ts';
import { ApiError, asApiError } from '../api-error.ts';
import { diagnose, type Health, type Verb } from './watch-health.ts';
import { Tracker, type WatchedKind, type TrackerDeps } from './tracker.ts';
import { protobufType } from '../encoding/protobuf.ts';
import type { ApiClient, ApiRequest } from '../client/transport.ts';
import { unreadableProtobuf, type MessageType } from '../encoding/protobuf-reader.ts';

export interface ReflectorDeps<T> extends TrackerDeps<T> {
  readonly api: ApiClient;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Health or `synced` may have changed. */
  readonly changed: () => void;
  readonly timing?: Partial<ReflectorTiming>;
}

/** Milliseconds, but for `pageSize`. */
export interface ReflectorTiming {
  readonly pageSize: number;
  readonly pageTimeoutMs: number;
  /** Silence of a watch after which it is opened anew. API servers send a bookmark about every minute. */
  readonly watchIdleMs: number;
  /** Silence while a watch sends what was there at its start, after which it is taken for unsupported. */
  readonly initialIdleMs: number;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
}

const defaultTiming: ReflectorTiming = {
  pageSize: 250,
  pageTimeoutMs: 60_000,
  watchIdleMs: 120_000,
  initialIdleMs: 15_000,
  backoff: { baseMs: 500, maxMs: 30_000 },
};
/** A list that lost more than half, and more than so many, is asked for again before it is believed. */
const suspiciousLoss = 10;
const confirmAfterMs = 2_000;
/** After such a loss was confirmed, lists are asked for again for so long: what comes back by itself sends no event. */
const doubtForMs = 15 * 60_000;
const doubtfulWatchSeconds = 60;
/** Every so many failures in a row, a position that the server may no longer understand is given up. */
const failuresPerRelist = 4;

/**
 * Follows one resource for ever: list, then watch from where the list ended, and again whenever the server forgets,
 * falls silent, refuses or dies. Nothing but its signal ends it.
 */
export class Reflector<T> {
  readonly #plural: string;
  readonly #deps: ReflectorDeps<T>;
  readonly #timing: ReflectorTiming;
  readonly #mirror: Tracker<T>;
  readonly #backoff: Backoff;
  /** Undefined: JSON is asked for alone. */
  #message: MessageType | undefined;
  /** Where a watch goes on; undefined: list first. */
  #position: string | undefined;
  #streamsLists = true;
  #verb: Verb = 'list';
  #synced = false;
  #doubted = false;
  #doubtUntil = 0;
  #health: Omit<Health, 'lastEvent'>;
  #lastEvent: number | undefined;
  #troubleSince: number | undefined;

  constructor(followed: WatchedKind<T>, deps: ReflectorDeps<T>) {
    this.#plural = followed.plural;
    this.#deps = deps;
    this.#timing = { ...defaultTiming, ...deps.timing };
    this.#mirror = new Tracker(followed, deps);
    this.#message = followed.message;
    this.#backoff = new Backoff({ ...this.#timing.backoff, random: deps.random });
    this.#health = { state: 'syncing', since: deps.clock.now(), message: '' };
  }

  /** Has one complete list been taken in? */
  get synced(): boolean {
    return this.#synced;
  }

  get health(): Health {
    return { ...this.#health, lastEvent: this.#lastEvent };
  }

  get size(): number {
    return this.#mirror.size;
  }

  /** Resolves once the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#session(signal);
      } catch (error) {
        await this.#recover(asApiError(error), signal);
      }
    }
  }

  async #session(signal: AbortSignal): Promise<void> {
    if (this.#position === undefined && this.#streamsLists && (await this.#streamList(signal))) return;
    if (this.#position === undefined) await this.#list(signal);
    await this.#follow({ resourceVersion: this.#position }, this.#timing.watchIdleMs, signal);
    if (this.#deps.clock.now() < this.#doubtUntil) this.#position = undefined;
  }

  /**
   * The list as the first part of a watch (KEP-3157): the server need not hold it whole, and neither do we.
   *
   * @returns false if this server does not do that
   */
  async #streamList(signal: AbortSignal): Promise<boolean> {
    const query = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', resourceVersion: '' };
    this.#mirror.beginList();
    try {
      await this.#follow(query, this.#timing.initialIdleMs, signal);
      if (this.#position === undefined) throw new ApiError(200, 'Unreadable', 'the watch ended before its list');
      return true;
    } catch (error) {
      const { status, reason } = asApiError(error);
      const refuses = isRefusal(status, reason) && !this.#refusesProtobuf(status, reason);
      if (this.#position !== undefined || signal.aborted || !refuses) throw error;
      this.#streamsLists = false;
      return false;
    }
  }

  /** The list page by page, each of which is let go before the next is asked for. */
  async #list(signal: AbortSignal): Promise<void> {
    const { pageSize: limit, pageTimeoutMs: timeoutMs } = this.#timing;
    const { path } = this.#mirror;
    this.#verb = 'list';
    this.#mirror.beginList();
    let next: string | undefined;
    let version: string;
    do {
      // No resourceVersion: with `0` the server answers from its cache and ignores the limit.
      const request = { path, query: { limit, continue: next }, accept: this.#accept(), timeoutMs, signal };
      const page = decodeList(await this.#deps.api.bytes(request), this.#message);
      this.#heard();
      for (const item of page.items) {
        const rest = this.#mirror.upsert(item, 'relist');
        if (rest) await rest;
      }
      ({ next, version } = page);
    } while (next !== undefined);
    await this.#complete(version);
  }

  /** A watch until the server ends it, which it does every few minutes or seconds: that is no failure. */
  async #follow(query: NonNullable<ApiRequest['query']>, idleMs: number, signal: AbortSignal): Promise<void> {
    const { api, clock, random } = this.#deps;
    const { path } = this.#mirror;
    const opened = clock.now();
    const timeoutSeconds = opened < this.#doubtUntil ? doubtfulWatchSeconds : Math.round(300 + random() * 300);
    this.#verb = 'watch';
    const all = { ...query, watch: true, allowWatchBookmarks: true, timeoutSeconds };
    const stream = await api.stream({ path, query: all, accept: this.#accept(';stream=watch'), idleMs, signal });
    if (this.#position !== undefined) this.#enter('healthy');
    let count = 0;
    try {
      for await (const event of decodeEvents(stream, this.#message)) {
        this.#heard();
        const rest = this.#take(event);
        // Most events are a matter of a moment, for which nobody has to be kept waiting.
        if (rest) await rest;
        count += 1;
      }
    } catch (error) {
      // A new connection tells whether the server is still there; the position is good.
      if (!(error instanceof ApiError) || error.reason !== 'Timeout' || this.#position === undefined) throw error;
      this.#enter('stalled', error.message);
      return;
    }
    if (count > 0 || clock.now() - opened > 1_000) this.#recovered();
    else await clock.sleep(this.#backoff.next(), signal);
  }

  #take(event: WatchEvent): Promise<void> | undefined {
    if (event.type === 'ERROR') throw event.error;
    if (this.#position === undefined) return this.#takeInitial(event);
    this.#position = event.version;
    this.#recovered();
    if (event.type === 'BOOKMARK') return undefined;
    return event.type === 'DELETED' ? this.#mirror.remove(event.object) : this.#mirror.upsert(event.object, 'watch');
  }

  #takeInitial(event: Exclude<WatchEvent, { type: 'ERROR' }>): Promise<void> | undefined {
    if (event.type === 'DELETED') return this.#mirror.remove(event.object);
    if (event.type !== 'BOOKMARK') return this.#mirror.upsert(event.object, 'relist');
    if (!event.initialEnd) throw new ApiError(400, 'BadRequest', 'the watch does not send lists');
    return this.#complete(event.version);
  }

  /** A list is complete: what it did not show is gone, unless that is hard to believe. */
  async #complete(version: string): Promise<void> {
    const { unlisted, size } = this.#mirror;
    const suspicious = unlisted > suspiciousLoss && unlisted * 2 > size;
    if (suspicious && !this.#doubted) {
      this.#doubted = true;
      const message = `the list of ${this.#plural} lacks ${unlisted} of ${size}; it is asked for again before it is believed`;
      throw new ApiError(200, 'SuspiciousList', message, { retryAfterMs: confirmAfterMs });
    }
    this.#doubted = false;
    if (suspicious) this.#doubtUntil = this.#deps.clock.now() + doubtForMs;
    await this.#mirror.removeUnlisted();
    this.#position = version;
    this.#synced = true;
    this.#enter(this.#verb === 'watch' ? 'healthy' : 'syncing');
  }

  /** JSON is taken where there is nothing else; what answers tell by themselves. */
  #accept(form = ''): string {
    const json = 'application/json';
    return this.#message === undefined ? json : `${protobufType}${form}, ${json}`;
  }

  #refusesProtobuf(status: number, reason: string): boolean {
    return this.#message !== undefined && (status === 406 || reason === unreadableProtobuf);
  }

  async #recover(error: ApiError, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    if (this.#refusesProtobuf(error.status, error.reason)) {
      this.#deps.report(`${this.#plural} are read as JSON from now on: ${error.message}`);
      this.#message = undefined;
      return;
    }
    const { state, message } = diagnose(error, this.#verb, this.#plural);
    this.#troubleSince ??= this.#deps.clock.now();
    this.#enter(state, message);
    const wait = this.#backoff.next(error.retryAfterMs);
    const tooOld = error.status === 410;
    const useless = state === 'stalled' && error.status !== 429 && this.#backoff.failures % failuresPerRelist === 0;
    if (tooOld || useless) this.#position = undefined;
    await this.#deps.clock.sleep(wait, signal);
  }

  #recovered(): void {
    this.#backoff.reset();
    this.#troubleSince = undefined;
  }

  #heard(): void {
    this.#lastEvent = this.#deps.clock.now();
  }

  /** Trouble that comes back before anything was seen of the resource counts from its first appearance. */
  #enter(state: Health['state'], message = ''): void {
    const { state: before, since } = this.#health;
    const now = this.#deps.clock.now();
    const trouble = state === 'healthy' ? undefined : this.#troubleSince;
    this.#health = { state, message, since: trouble ?? (state === before ? since : now) };
    this.#deps.changed();
  }
}

/** Whatever is not a passing weakness, of the server or of ours, is taken for an answer to the question. */
function isRefusal(status: number, reason: string): boolean {
  const unanswered = ['Unreachable', 'CredentialsUnavailable', 'SuspiciousList'].includes(reason);
  return !unanswered && status !== 401 && status !== 429 && status < 500;
}
