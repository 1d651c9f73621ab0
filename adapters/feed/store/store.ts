/** Where the document of a feed is kept, and what its servers tell of who fetched it. */
export interface FeedStore {
  /**
   * Undefined: there is none yet.
   *
   * @param options.unless the tag of the document that is known: `unchanged` where it is still that one
   * @throws AdapterError if it is not known
   */
  read(options?: ReadOptions): Promise<Stored | 'unchanged' | undefined>;
  /**
   * Replaces the document as a whole, or not at all.
   *
   * @param tag of what is replaced; undefined: there is nothing yet
   * @returns the tag of what is there now
   * @throws AdapterError `conflict` where something else is there
   */
  write(text: string, tag: string | undefined, signal?: AbortSignal): Promise<string>;
  /** What each server has told; undefined: there is no server that tells. */
  readAccess(): Promise<readonly string[] | undefined>;
  /** @param server the server's name, `[a-z0-9-]` */
  writeAccess(server: string, text: string): Promise<void>;
}

export interface ReadOptions {
  readonly unless?: string | undefined;
  readonly signal?: AbortSignal;
}

export interface Stored {
  readonly text: string;
  /** Differs for any two documents that were ever there. */
  readonly tag: string;
}
