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
  readonly #deadlines = new Map<string, Deadline>();
  #now = -Infinity;
  #window: Window | undefined = { last: -Infinity, next: undefined };

  /** Notes when an object expires, an RFC 3339 time; undefined: never. */
  set(key: string, text: string | undefined): void {
    const before = this.#deadlines.get(key);
    const at = text === undefined ? undefined : parseInstant(text);
    if (before?.at !== at) this.#window = undefined;
    if (text === undefined || at === undefined) this.#deadlines.delete(key);
    else this.#deadlines.set(key, { at, text });
  }

  /** Moves to `now`; the objects that expired by it, or came to life. */
  advance(now: number): readonly string[] {
    const { last, next } = this.#current();
    const from = this.#now;
    this.#now = now;
    if (last <= now && now < (next?.at ?? Infinity)) return [];
    this.#window = undefined;
    const crossed = [...this.#deadlines].filter(([, { at }]) => at <= now !== at <= from);
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
    for (const deadline of this.#deadlines.values()) {
      if (deadline.at <= this.#now) last = Math.max(last, deadline.at);
      else if (!next || isBefore(deadline, next)) next = deadline;
    }
    return (this.#window = { last, next });
  }
}

/** One moment can be written in several ways; the choice among them must not depend on the order of arrival. */
function isBefore(a: Deadline, b: Deadline): boolean {
  return a.at < b.at || (a.at === b.at && a.text < b.text);
}
