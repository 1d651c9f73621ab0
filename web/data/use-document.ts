import { useEffect, useState } from 'preact/hooks';
import { Failure, type Documents, type Source } from './source.ts';

/**
 * A document, as far as it has come. An error beside a value: the value is the last known one. A viewer who may no longer see it
 * is left nothing.
 */
export interface Read<T> {
  readonly value: T | undefined;
  readonly error: Failure | undefined;
}

/** Polls while the page is visible. */
export function useDocument<K extends keyof Documents>(
  source: Source,
  name: K,
  everyMs: number,
  round = 0,
): Read<Documents[K]> {
  const [read, setRead] = useState<Read<Documents[K]>>({ value: undefined, error: undefined });
  useEffect(() => {
    let over = false;
    let timer = 0;
    const ask = async (): Promise<void> => {
      const next = await source.read(name).then(
        (value) => ({ value, error: undefined }),
        (error: unknown) => ({ value: undefined, error: asFailure(error) }),
      );
      if (over) return;
      setRead((before) => {
        if (next.error !== undefined) return isRefused(next.error) ? next : { value: before.value, error: next.error };
        return next.value === before.value && before.error === undefined ? before : next;
      });
      if (source.live) timer = setTimeout(whenSeen, everyMs);
    };
    const whenSeen = (): void => {
      if (document.visibilityState === 'visible') void ask();
      else timer = setTimeout(whenSeen, 1_000);
    };
    void ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [source, name, everyMs, round]);
  return read;
}

function isRefused({ status }: Failure): boolean {
  return status === 401 || status === 403;
}

export function asFailure(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure(0, error instanceof Error ? error.message : 'unknown error');
}
