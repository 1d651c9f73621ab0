import { maxOf } from '../../../src/core/model/extremes.ts';
import { Ownership } from '../../../kit/common/ownership/ownership.ts';
import type { AdapterDeps, Batch, Live, Observed, Outcome, Session } from '../../../src/adapter/adapter.ts';
import type { Capabilities } from '../../../src/adapter/capabilities.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { FeedConfig } from '../config.ts';
import { reachOf } from '../consumers.ts';
import { changed } from '../document/changes.ts';
import {
  emptyDocument,
  listResource,
  readDocument,
  ruleResource,
  writeDocument,
  type FeedDocument,
} from '../document/document.ts';
import type { FeedStore } from '../store/store.ts';
import { readAccess } from '../serve/access-log.ts';
import { Publication } from '../formats/publication.ts';
import { refuseExcess, usageOf } from './capacity.ts';
import { liveOf } from './live.ts';

interface SessionDeps extends AdapterDeps {
  readonly config: FeedConfig;
  readonly capabilities: Capabilities;
  readonly store: FeedStore;
}

/** The document as it was read or written last. */
interface Known {
  readonly document: FeedDocument;
  /** Undefined: there was none. */
  readonly tag: string | undefined;
}

/** One writer of one feed. Each batch replaces the document that was read by another one, or does nothing. */
export class FeedSession implements Session {
  readonly #deps: SessionDeps;
  #known: Known | undefined;
  /** The highest revision that was seen. */
  #newest = 0;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  async probe(): Promise<Capabilities> {
    const { capabilities, config } = this.#deps;
    await this.#read();
    const { names, maxEntries, maxLists } = reachOf(config.consumers);
    const limits = { list: maxLists, address: maxEntries };
    const maxObjects = Object.fromEntries(Object.entries(limits).filter(([, most]) => most < Number.MAX_SAFE_INTEGER));
    const intervals = config.consumers.map(({ intervalSeconds }) => intervalSeconds);
    const settleSeconds = intervals.length === 0 ? capabilities.settleSeconds : maxOf(intervals);
    return { ...capabilities, version: '1', domainNames: names ? 'wildcard' : 'none', maxObjects, settleSeconds };
  }

  async observe(): Promise<Observed> {
    const { document } = await this.#read();
    const ownership = new Ownership(this.#deps.owner, 'mark');
    const lists = ownership.ours('list', document.lists).map(({ subject: _, ...list }) => listResource(list));
    const rules = ownership.ours('rule', document.rules).map(({ subject: _, ...rule }, at) => ruleResource(rule, at));
    const { foreign, neighbours } = ownership;
    const usage = usageOf(document);
    return { complete: true, resources: [...lists, ...rules], foreign, usage, ...(neighbours && { neighbours }) };
  }

  async send({ changes }: Batch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const keys = changes.map(({ key }) => key);
    try {
      await this.#replace(changes, signal);
      return keys.map((key) => ({ key, result: 'done' }));
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error; // a defect, or the signal
      return keys.map((key) => ({ key, result: 'error', error }));
    }
  }

  /** Nothing is ever left pending. */
  poll(): Promise<readonly Outcome[]> {
    return Promise.resolve([]);
  }

  async live(): Promise<Live> {
    const { store, config, clock } = this.#deps;
    if ('bucket' in config.store)
      return { state: 'unknown', evidence: 'published; a bucket does not tell who has fetched it' };
    const { document } = this.#known ?? (await this.#read());
    const told = await store.readAccess();
    return liveOf(new Publication(document), told && readAccess(told), config, clock.now());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** A store that shows an older document than it has shown before is asked once more: only what it says twice is so. */
  async #read(): Promise<Known> {
    const first = await this.#readOnce();
    const known = first.document.revision < this.#newest ? await this.#readOnce() : first;
    this.#newest = known.document.revision;
    this.#known = known;
    return known;
  }

  async #readOnce(): Promise<Known> {
    const { store, signal, pace } = this.#deps;
    signal.throwIfAborted();
    await pace?.admit(signal);
    const stored = await store.read({ signal });
    if (stored === 'unchanged') throw new AdapterError('transient', 'The store did not answer what it was asked.');
    return { document: stored === undefined ? emptyDocument : readDocument(stored.text), tag: stored?.tag };
  }

  async #replace(changes: Batch['changes'], signal: AbortSignal): Promise<void> {
    const { store, pace, config, onRequest } = this.#deps;
    signal.throwIfAborted();
    const { document, tag } = this.#known ?? (await this.#read());
    const after = changed(document, changes);
    refuseExcess(document, after, config.consumers);
    await pace?.admit(signal);
    this.#known = undefined;
    const written = await store.write(writeDocument(after), tag, signal);
    onRequest?.({ request: 'PUT feed', status: 200 });
    this.#known = { document: after, tag: written };
    this.#newest = after.revision;
  }
}
