import { parseInstant } from '../../time/instant.ts';

interface Deadline {
  readonly at: number;
  readonly text: string;
}

/** Nothing that anybody waits for lies strictly between `last` and `next`. */
interface Window {
  readonly last: number;
  readonly next: Deadline | undefined;
}

/** When which object expires. Time may also step back; then what had expired comes to life again. */
export class Deadlines {
  /** None of them empty. */
  readonly #deadlines = new Map<string, readonly Deadline[]>();
  #now = -Infinity;
  #window: Window | undefined = { last: -Infinity, next: undefined };

  /** Notes when an object expires or is to be looked at again, RFC 3339 times; without any: never. */
  set(key: string, ...texts: readonly (string | undefined)[]): void {
    const before = this.#deadlines.get(key);
    const deadlines = texts.flatMap(deadlineOf);
    if (before === undefined && deadlines.length === 0) return;
    if (!isSame(before ?? [], deadlines)) this.#window = undefined;
    if (deadlines.length === 0) this.#deadlines.delete(key);
    else this.#deadlines.set(key, deadlines);
  }

  /** Moves to `now`; the objects that expired by it, or came to life. */
  advance(now: number): readonly string[] {
    const { last, next } = this.#current();
    const from = this.#now;
    this.#now = now;
    if (last <= now && now < (next?.at ?? Infinity)) return [];
    this.#window = undefined;
    const crossed = [...this.#deadlines].filter(([, deadlines]) =>
      deadlines.some(({ at }) => at <= now !== at <= from),
    );
    return crossed.map(([key]) => key);
  }

  hasPassed(text: string | undefined): boolean {
    const at = text === undefined ? undefined : parseInstant(text);
    return at !== undefined && at <= this.#now;
  }

  /** The next time at which something expires, as it was written. */
  next(): string | undefined {
    return this.#current().next?.text;
  }

  #current(): Window {
    if (this.#window) return this.#window;
    let last = -Infinity;
    let next: Deadline | undefined;
    for (const deadline of [...this.#deadlines.values()].flat()) {
      if (deadline.at <= this.#now) last = Math.max(last, deadline.at);
      else if (!next || isBefore(deadline, next)) next = deadline;
    }
    return (this.#window = { last, next });
  }
}

function deadlineOf(text: string | undefined): readonly Deadline[] {
  const at = text === undefined ? undefined : parseInstant(text);
  return text === undefined || at === undefined ? [] : [{ at, text }];
}

function isSame(a: readonly Deadline[], b: readonly Deadline[]): boolean {
  return a.length === b.length && a.every(({ at }, index) => at === b[index]?.at);
}

/** One moment can be written in several ways; the choice among them must not depend on the order of arrival. */
function isBefore(a: Deadline, b: Deadline): boolean {
  return a.at < b.at || (a.at === b.at && a.text < b.text);
}
