import type { Clock } from '../../adapter/adapter.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import { canonical } from '../../core/model/json.ts';

/** The values of a Secret, by key. */
export type Secret = Readonly<Record<string, string>>;

/** Finds the values of a Secret in Postern's own namespace. Undefined: there is none. */
export type SecretSource = (name: string) => Promise<Secret | undefined>;

export interface SecretWatchDeps {
  readonly secrets: SecretSource;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const lookEveryMs = 10_000;

/**
 * Watches the Secrets of points whose device has refused them. Another try with the same credentials gets us locked
 * out, so it waits for minutes; a Secret that was corrected is not to wait as long. It ends with the process: whoever
 * takes up the point after its delay reads the Secret anyway.
 */
export class SecretWatch {
  readonly #deps: SecretWatchDeps;
  readonly #watched = new Map<string, AbortController>();

  constructor(deps: SecretWatchDeps) {
    this.#deps = deps;
  }

  /**
   * @param refused the values that were tried; undefined: there were none
   * @param forMs then the point is tried again by itself
   * @param onChange called once, when there are other ones
   */
  async watch(
    { metadata: { name }, spec }: EnforcementPoint,
    {
      refused,
      forMs,
      onChange,
    }: { readonly refused: Secret | undefined; readonly forMs: number; readonly onChange: () => Promise<void> },
  ): Promise<void> {
    this.end(name);
    const { clock, secrets, signal } = this.#deps;
    const secret = spec.secretRef?.name;
    if (secret === undefined) return;
    const end = new AbortController();
    this.#watched.set(name, end);
    const over = AbortSignal.any([end.signal, signal]);
    const known = canonical(refused ?? null);
    for (let left = forMs - lookEveryMs; left > 0; left -= lookEveryMs) {
      await clock.sleep(lookEveryMs, over);
      // What cannot be read now may be another time.
      const now = await secrets(secret).then(
        (values) => canonical(values ?? null),
        () => known,
      );
      if (over.aborted) return;
      if (now === known) continue;
      this.end(name);
      await onChange();
      return;
    }
  }

  /** The point is being tried: nothing is left to wait for. */
  end(point: string): void {
    this.#watched.get(point)?.abort();
    this.#watched.delete(point);
  }
}
