import { emptyDocument, readDocument, type FeedDocument } from '../../adapters/feed/document/document.ts';
import type { FeedStore } from '../../adapters/feed/store/store.ts';
import type { LoggedRequest } from '../../kit/simulator/simulator.ts';

const lookEveryMs = 10;

/** Looks on while workers write documents into the folder of a feed. */
export class ChaosFolder {
  /** One for each list and rule that a document had otherwise than the one before it. */
  readonly requests: LoggedRequest[] = [];
  readonly #store: FeedStore;
  readonly #onDocument: (document: FeedDocument, last: LoggedRequest) => void;
  #document = emptyDocument;
  #tag: string | undefined;
  #looking = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  /** @param onDocument told of each document, and of the last that it changed */
  constructor(store: FeedStore, onDocument: (document: FeedDocument, last: LoggedRequest) => void) {
    this.#store = store;
    this.#onDocument = onDocument;
    this.#again();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#looking;
  }

  #again(): void {
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().then(() => {
        if (this.#timer !== undefined) this.#again();
      });
    }, lookEveryMs);
  }

  async #look(): Promise<void> {
    const stored = await this.#store.read({ unless: this.#tag });
    if (stored === undefined || stored === 'unchanged') return;
    const [before, after] = [objectsOf(this.#document), objectsOf((this.#document = readDocument(stored.text)))];
    this.#tag = stored.tag;
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
      (key) => before.get(key) !== after.get(key),
    );
    const at = new Date().toISOString();
    const last = { at, method: 'PUT', path: `feed-${stored.tag}.json`, status: 200, wrote: true };
    this.requests.push(...changed.map((body) => ({ ...last, body })));
    this.#onDocument(this.#document, { ...last, body: '' });
  }
}

/** By kind and name, what is kept of each. */
function objectsOf({ lists, rules }: FeedDocument): ReadonlyMap<string, string> {
  return new Map([
    ...lists.map((list) => [`list ${list.name}`, JSON.stringify(list)] as const),
    ...rules.map((rule) => [`rule ${rule.name}`, JSON.stringify(rule)] as const),
  ]);
}
