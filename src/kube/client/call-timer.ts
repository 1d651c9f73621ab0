import { ApiError, asApiError } from '../api-error.ts';

/** Aborts a call that takes too long or that its caller gave up, and tells which of the two it was. */
export class CallTimer {
  readonly #call: string;
  readonly #cut = new AbortController();
  readonly #caller: AbortSignal | undefined;
  #limitMs: number;
  #timer: NodeJS.Timeout | undefined;
  #expired = false;

  constructor(call: string, limitMs: number, caller: AbortSignal | undefined) {
    this.#call = call;
    this.#limitMs = limitMs;
    this.#caller = caller;
    this.#arm();
    if (caller?.aborted === true) this.#giveUp();
    // Not `AbortSignal.any`, which keeps a reference in the caller's signal for as long as that lives.
    else caller?.addEventListener('abort', this.#giveUp, { once: true });
  }

  get signal(): AbortSignal {
    return this.#cut.signal;
  }

  /** From now on only silence is limited; undefined: not at all. */
  allowSilence(limitMs: number | undefined): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (limitMs === undefined) return;
    this.#limitMs = limitMs;
    this.#arm();
  }

  /** Something arrived. */
  feed(): void {
    this.#timer?.refresh();
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#giveUp);
  }

  /** The error to throw in place of the one that aborting caused. */
  explain(error: unknown): unknown {
    if (this.#caller?.aborted === true) return this.#caller.reason as unknown;
    if (this.#expired) return new ApiError(0, 'Timeout', `${this.#call}: silent for ${this.#limitMs} ms`);
    return error instanceof ApiError ? error : new ApiError(0, 'Unreachable', `${this.#call}: ${causeOf(error)}`);
  }

  #arm(): void {
    this.#timer = setTimeout(() => {
      this.#expired = true;
      this.#cut.abort();
    }, this.#limitMs);
  }

  readonly #giveUp = (): void => this.#cut.abort();
}

function causeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? `${String(error.code)}, ` : '';
  return code + asApiError(error).message;
}
