import type { Clock } from '../../adapter/adapter.ts';
import { decodeEvents, decodeList, type WatchEvent } from '../encoding/decode.ts';
import { ApiError, asApiError } from '../api-error.ts';
import { ConnectionHealth } from './connection-health.ts';
import { LossCheck } from './loss-check.ts';
import { diagnose, isRefusal, type Health, type Verb } from './watch-health.ts';
import { Tracker, type WatchedKind, type TrackerDeps } from './tracker.ts';
import type { ApiClient, ApiRequest } from '../client/transport.ts';
import type { ObjectReader } from '../../../kit/protobuf/reader.ts';
import { protobufType, unreadableProtobuf } from '../encoding/protobuf.ts';

export interface ReflectorDeps<T> extends TrackerDeps<T> {
  readonly api: ApiClient;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Called when health or `synced` may have changed. */
  readonly changed: () => void;
  readonly timing?: Partial<ReflectorTiming>;
}

/** Milliseconds, except `pageSize`. */
export interface ReflectorTiming {
  readonly pageSize: number;
  readonly pageTimeoutMs: number;
  /** A watch that is silent this long is opened again. API servers send a bookmark about every minute. */
  readonly watchIdleMs: number;
  /** A watch that is silent this long while it sends the initial objects is treated as unsupported. */
  readonly initialIdleMs: number;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
  /** How long until an optional kind that is not there is looked for again. */
  readonly absentMs: number;
}

const defaultTiming: ReflectorTiming = {
  pageSize: 250,
  pageTimeoutMs: 60_000,
  watchIdleMs: 120_000,
  initialIdleMs: 15_000,
  backoff: { baseMs: 500, maxMs: 30_000 },
  absentMs: 60_000,
};
const relistEverySeconds = 60;
/** After this many failures in a row the next attempt lists, because the server may no longer know the resourceVersion. */
const failuresPerRelist = 4;

/**
 * Watches one kind for ever, as client-go's reflector does: list, then watch from the list's resourceVersion, and again
 * whenever the server forgets, falls silent, refuses or dies. Only its signal ends it.
 */
export class Reflector<T> {
  readonly kind: string;
  readonly optional: boolean;
  readonly #plural: string;
  readonly #deps: ReflectorDeps<T>;
  readonly #timing: ReflectorTiming;
  readonly #tracker: Tracker<T>;
  /** Undefined: only JSON is accepted. */
  #protobuf: ObjectReader | undefined;
  /** The resourceVersion from which a watch goes on; undefined: list first. */
  #resourceVersion: string | undefined;
  #streamsLists = true;
  #verb: Verb = 'list';
  #synced = false;
  /** Aborted when the list is to be read again. */
  #again = new AbortController();
  #asked = false;
  #confirmations = 0;
  #unseen = '';
  readonly #connection: ConnectionHealth;
  readonly #losses: LossCheck;

  constructor(kind: WatchedKind<T>, deps: ReflectorDeps<T>) {
    this.kind = kind.kind;
    this.#plural = kind.resource ?? kind.plural;
    this.optional = kind.optional === true;
    this.#deps = deps;
    this.#timing = { ...defaultTiming, ...deps.timing };
    this.#tracker = new Tracker(kind, deps);
    this.#protobuf = kind.protobuf;
    this.#connection = new ConnectionHealth(deps, this.#timing.backoff);
    this.#losses = new LossCheck(kind, this.#plural, deps);
  }

  /** Has one list been read to its end? */
  get synced(): boolean {
    return this.#synced;
  }

  /** How often the list, read once more for `confirm`, was what was known: then what it does not show is gone. */
  get confirmations(): number {
    return this.#confirmations;
  }

  /** Has the list read once more, unless that is in progress or the first one is. */
  confirm(): void {
    if (this.#asked || !this.#synced) return;
    this.#asked = true;
    this.#resourceVersion = undefined;
    this.#again.abort();
  }

  get health(): Health {
    return this.#connection.health;
  }

  /** False from a failure until what happened in the meantime must have been received. */
  get caughtUp(): boolean {
    return this.#connection.caughtUp;
  }

  /** Why it is not known whether there are objects of an optional kind; empty when it is known. */
  get unseen(): string {
    return this.#unseen;
  }

  get size(): number {
    return this.#tracker.size;
  }

  /** Resolves once the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#again = new AbortController();
      const { signal: again } = this.#again;
      try {
        await this.#session(AbortSignal.any([signal, again]));
      } catch (error) {
        if (again.aborted) continue;
        await this.#recover(asApiError(error), signal);
      }
    }
  }

  async #session(signal: AbortSignal): Promise<void> {
    if (this.#losses.wentAway) await this.#losses.expectKind(signal);
    if (this.#resourceVersion === undefined && this.#streamsLists && (await this.#streamList(signal))) return;
    if (this.#resourceVersion === undefined) await this.#list(signal);
    await this.#follow({ resourceVersion: this.#resourceVersion }, this.#timing.watchIdleMs, signal);
    if (this.#losses.isRelisting) this.#resourceVersion = undefined;
  }

  /**
   * The list as the first part of a watch (KEP-3157): neither the server nor we hold all of it at once.
   *
   * @returns false if this server does not do that
   */
  async #streamList(signal: AbortSignal): Promise<boolean> {
    const query = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', resourceVersion: '' };
    this.#tracker.beginList();
    try {
      await this.#follow(query, this.#timing.initialIdleMs, signal);
      if (this.#resourceVersion === undefined) throw new ApiError(200, 'Unreadable', 'the watch ended before its list');
      return true;
    } catch (error) {
      const { status, reason } = asApiError(error);
      const refuses = isRefusal(status, reason) && !this.#refusesProtobuf(status, reason);
      if (this.#resourceVersion !== undefined || signal.aborted || !refuses) throw error;
      this.#streamsLists = false;
      return false;
    }
  }

  /** The list page by page; each page is released before the next is requested. */
  async #list(signal: AbortSignal): Promise<void> {
    const { pageSize: limit, pageTimeoutMs: timeoutMs } = this.#timing;
    const { path } = this.#tracker;
    this.#verb = 'list';
    this.#tracker.beginList();
    let next: string | undefined;
    let version: string;
    do {
      // No resourceVersion: with `0` the server answers from its cache and ignores the limit.
      const request = { path, query: { limit, continue: next }, accept: this.#accept(), timeoutMs, signal };
      const page = decodeList(await this.#deps.api.bytes(request), this.#protobuf);
      this.#connection.received();
      for (const item of page.items) {
        const rest = this.#tracker.upsert(item, 'relist');
        if (rest) await rest;
      }
      ({ next, version } = page);
    } while (next !== undefined);
    await this.#complete(version, signal);
  }

  /** A watch until the server ends it. Servers do that every few minutes, sometimes seconds: it is no failure. */
  async #follow(query: NonNullable<ApiRequest['query']>, idleMs: number, signal: AbortSignal): Promise<void> {
    const { api, clock, random } = this.#deps;
    const { path } = this.#tracker;
    const opened = clock.elapsed();
    const timeoutSeconds = this.#losses.isRelisting ? relistEverySeconds : Math.round(300 + random() * 300);
    this.#verb = 'watch';
    const all = { ...query, watch: true, allowWatchBookmarks: true, timeoutSeconds };
    const stream = await api.stream({ path, query: all, accept: this.#accept(';stream=watch'), idleMs, signal });
    if (this.#resourceVersion !== undefined) this.#connection.enter('healthy');
    let count = 0;
    try {
      for await (const events of decodeEvents(stream, this.#protobuf)) {
        this.#connection.received();
        count += await this.#takeAll(events, signal);
      }
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== 'Timeout' || this.#resourceVersion === undefined)
        throw error;
      this.#connection.enter('stalled', error.message);
      // The resourceVersion is still good, and a new connection shows whether the server is there. Where not even a bookmark came, it
      // may be one of the future: a server that was restored from a backup keeps from us what happens until it gets there.
      if (count === 0) this.#resourceVersion = undefined;
      return;
    }
    if (count > 0 || clock.elapsed() - opened > 1_000) this.#connection.recovered();
    else await clock.sleep(this.#connection.nextWaitMs(), signal);
  }

  /** @returns how many there were */
  async #takeAll(events: Iterable<WatchEvent>, signal: AbortSignal): Promise<number> {
    let [count, asked] = [0, false];
    for (const event of events) {
      if (event.type === 'DELETED' && !asked) {
        await this.#losses.expectKind(signal);
        asked = true;
      }
      const rest = this.#take(event, signal);
      if (rest) await rest;
      count += 1;
    }
    return count;
  }

  #take(event: WatchEvent, signal: AbortSignal): Promise<void> | undefined {
    if (event.type === 'ERROR') throw event.error;
    if (this.#resourceVersion === undefined) return this.#takeInitial(event, signal);
    this.#resourceVersion = event.version;
    this.#connection.recovered();
    if (event.type === 'BOOKMARK') return undefined;
    return event.type === 'DELETED' ? this.#tracker.remove(event.object) : this.#tracker.upsert(event.object, 'watch');
  }

  #takeInitial(event: Exclude<WatchEvent, { type: 'ERROR' }>, signal: AbortSignal): Promise<void> | undefined {
    if (event.type === 'DELETED') return this.#tracker.remove(event.object);
    if (event.type !== 'BOOKMARK') return this.#tracker.upsert(event.object, 'relist');
    if (!event.initialEnd) throw new ApiError(400, 'BadRequest', 'the watch does not send lists');
    return this.#complete(event.version, signal);
  }

  /** A list has ended: what it did not show is gone, unless that is hard to believe. */
  async #complete(version: string, signal: AbortSignal): Promise<void> {
    const agrees = await this.#losses.accept(this.#tracker, signal);
    await this.#tracker.removeUnlisted();
    if (this.#asked && agrees) this.#confirmations += 1;
    this.#asked = false;
    this.#resourceVersion = version;
    this.#synced = true;
    this.#unseen = '';
    this.#connection.enter(this.#verb === 'watch' ? 'healthy' : 'syncing');
  }

  /** JSON is accepted as well: custom resources have no other form, and every answer says which it is. */
  #accept(form = ''): string {
    const json = 'application/json';
    return this.#protobuf === undefined ? json : `${protobufType}${form}, ${json}`;
  }

  #refusesProtobuf(status: number, reason: string): boolean {
    return this.#protobuf !== undefined && (status === 406 || reason === unreadableProtobuf);
  }

  async #recover(error: ApiError, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    if (this.#refusesProtobuf(error.status, error.reason)) {
      this.#deps.report(`${this.#plural} are read as JSON from now on: ${error.message}`);
      this.#protobuf = undefined;
      return;
    }
    if (this.#isAbsent(error)) return this.#waitForKind(error, signal);
    if (error.status === 404 && this.#tracker.size > 0) this.#losses.goesAway();
    if (this.#losses.wentAway) this.#resourceVersion = undefined;
    const { state, message } = diagnose(error, this.#verb, this.#plural);
    this.#connection.failed(state, message);
    const wait = this.#connection.nextWaitMs(error.retryAfterMs);
    const useless = state === 'stalled' && error.status !== 429 && this.#connection.failures % failuresPerRelist === 0;
    if (error.status === 410 || useless) this.#resourceVersion = undefined;
    await this.#deps.clock.sleep(wait, signal);
  }

  /** What was seen before is not taken for gone. */
  #isAbsent({ status }: ApiError): boolean {
    return this.optional && this.#tracker.size === 0 && (status === 404 || status === 403);
  }

  async #waitForKind({ status }: ApiError, signal: AbortSignal): Promise<void> {
    // A client that may not read a kind does not learn whether it exists.
    const unseen = `${this.#plural} may not be read: grant list and watch on them`;
    if (status === 403 && this.#unseen === '')
      this.#deps.report(`${unseen}; until then nothing is changed at points with vantage EgressIP`);
    this.#unseen = status === 403 ? unseen : '';
    this.#synced = true;
    this.#connection.recovered();
    this.#connection.enter('healthy');
    await this.#deps.clock.sleep(this.#timing.absentMs * (1 + this.#deps.random()), signal);
  }
}
