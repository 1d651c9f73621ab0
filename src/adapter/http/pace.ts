/** How often one device may be asked: kept together by all that ask it, in whatever process. */
export interface Pace {
  /** Resolves when the next request may be made. @throws what the signal was aborted with */
  admit(signal?: AbortSignal): Promise<void>;
  /** The device wants to be left alone for this many milliseconds (429, `Retry-After`). */
  pause(ms: number): Promise<void>;
}
