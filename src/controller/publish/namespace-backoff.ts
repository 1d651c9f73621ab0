/** Milliseconds. */
const firstWait = 10_000;
const longestWait = 60_000;
const forgottenAfter = 10 * 60_000;

/**
 * When policies of a namespace that made the compiler fail are tried again. Each failure costs everybody a compilation of
 * everything, so that whoever causes one after the other waits longer each time.
 */
export class NamespaceBackoff {
  readonly #failures = new Map<string, { readonly count: number; readonly at: number }>();

  /** @param now milliseconds since the epoch, here and below */
  failed(namespace: string | undefined, now: number): void {
    if (namespace === undefined) return;
    for (const [other, { at }] of this.#failures) if (now - at > forgottenAfter) this.#failures.delete(other);
    const { count } = this.#failures.get(namespace) ?? { count: 0 };
    this.#failures.set(namespace, { count: count + 1, at: now });
  }

  /** When its policies may be tried again; 0: at any time, also what is in no namespace. A clock put back keeps nobody waiting. */
  retryAt(namespace: string | undefined, now: number): number {
    const failure = this.#failures.get(namespace ?? '');
    if (failure === undefined || now < failure.at) return 0;
    return failure.at + Math.min(firstWait * 2 ** (failure.count - 1), longestWait);
  }

  /** Does any namespace have to wait? */
  anyWaiting(now: number): boolean {
    return [...this.#failures.keys()].some((namespace) => this.retryAt(namespace, now) > now);
  }
}
