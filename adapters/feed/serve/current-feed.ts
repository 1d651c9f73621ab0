import { asAdapterError } from '../../../src/adapter/errors.ts';
import { readDocument } from '../document/document.ts';
import { Publication } from '../formats/publication.ts';
import type { FeedStore } from '../store/store.ts';

/** For so long what was last read is treated as true while the store cannot be read. */
const trustedMs = 60_000;

/** One feed as its store has it: read again when there is another document, never for a request. */
export class CurrentFeed {
  readonly #store: FeedStore;
  readonly #elapsed: () => number;
  #publication: Publication | undefined;
  #tag: string | undefined;
  #confirmedAt = -Infinity;

  /** @param elapsed milliseconds of a clock that cannot be set */
  constructor(store: FeedStore, elapsed: () => number) {
    this.#store = store;
    this.#elapsed = elapsed;
  }

  /** Undefined: what should be answered is not known. */
  get publication(): Publication | undefined {
    return this.#elapsed() - this.#confirmedAt <= trustedMs ? this.#publication : undefined;
  }

  /** @returns what is wrong; undefined: nothing is. What was read before stays */
  async refresh(): Promise<string | undefined> {
    try {
      const stored = await this.#store.read({ unless: this.#tag });
      if (stored === undefined) {
        this.#publication = undefined;
        this.#tag = undefined;
        return 'nothing has been published yet';
      }
      if (stored !== 'unchanged') {
        this.#publication = new Publication(readDocument(stored.text), this.#publication);
        this.#tag = stored.tag;
      }
      this.#confirmedAt = this.#elapsed();
      return undefined;
    } catch (error) {
      return asAdapterError(error).message;
    }
  }
}
