/** Until when a request has its answer, however often it is asked; over as well once its caller gives up. */
export class Deadline {
  readonly #over = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  #passed = false;

  /** @param limitMs milliseconds from now */
  constructor(limitMs: number, caller: AbortSignal | undefined) {
    this.#timer = setTimeout(() => {
      this.#passed = true;
      this.#over.abort();
    }, limitMs);
    this.#caller = caller;
    if (caller?.aborted === true) this.#over.abort();
    // Not `AbortSignal.any`, which takes longer, and keeps a reference in the caller's signal for as long as that lives.
    else caller?.addEventListener('abort', this.#giveUp, { once: true });
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Has the time run out? */
  get passed(): boolean {
    return this.#passed;
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#giveUp);
  }

  readonly #giveUp = (): void => this.#over.abort();
}
