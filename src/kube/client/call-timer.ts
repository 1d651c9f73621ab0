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
  const { message } = asApiError(error);
  if (!(error instanceof Error) || !('code' in error)) return message;
  const code = String(error.code);
  const todo = Object.hasOwn(advice, code) ? `; ${advice[code]}` : '';
  return `${code}, ${message}${todo}`;
}

const authority = 'is the certificate-authority of the kubeconfig the one of this server?';

/** What to look at, by the code of Node.js and OpenSSL. */
const advice: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name does not resolve: check it, and DNS',
  EAI_AGAIN: 'DNS does not answer',
  ECONNREFUSED: 'nothing listens there: check the address, and whether the server is up',
  EHOSTUNREACH: 'there is no route to it',
  ETIMEDOUT: 'it does not answer: is a firewall between?',
  DEPTH_ZERO_SELF_SIGNED_CERT: authority,
  SELF_SIGNED_CERT_IN_CHAIN: authority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: authority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: authority,
  CERT_HAS_EXPIRED: 'its certificate has expired: renew it',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: compare the clocks',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name: use one of its names, or tls-server-name',
};
