/** Slots of the table that says quickly where no match can begin. */
const slots = 1 << 16;

/**
 * Finds parts of known texts in other text, in time that grows with its length and with nothing else. Upper and lower
 * case are the same.
 */
export class Substrings {
  /** By length. */
  readonly #parts = new Map<number, Set<string>>();
  readonly #mayBegin = new Map<number, Uint8Array>();

  /** Every part of that length. */
  add(text: string, length: number): void {
    const known = folded(text);
    const parts = this.#parts.get(length) ?? new Set();
    const mayBegin = this.#mayBegin.get(length) ?? new Uint8Array(slots);
    for (let at = 0; at + length <= known.length; at += 1) {
      parts.add(known.slice(at, at + length));
      mayBegin[slotOf(known, at, length)] = 1;
    }
    this.#parts.set(length, parts);
    this.#mayBegin.set(length, mayBegin);
  }

  /** The text with something else in the place of each run of matches. */
  replace(text: string, instead: string): string {
    const known = folded(text);
    const runs = [...this.#parts.keys()].flatMap((length) => this.#runs(known, length));
    if (runs.length === 0) return text;
    let clean = '';
    let end = 0;
    for (const [from, to] of runs.toSorted(([a], [b]) => a - b)) {
      if (from > end || clean === '') clean += text.slice(end, from) + instead;
      end = Math.max(end, to);
    }
    return clean + text.slice(end);
  }

  /** From where to where matches of one length follow each other without a gap. */
  #runs(text: string, length: number): readonly (readonly [number, number])[] {
    const parts = this.#parts.get(length);
    const mayBegin = this.#mayBegin.get(length);
    const runs: [number, number][] = [];
    for (let at = 0; at + length <= text.length; at += 1) {
      if (mayBegin?.[slotOf(text, at, length)] !== 1 || parts?.has(text.slice(at, at + length)) !== true) continue;
      const last = runs.at(-1);
      if (last !== undefined && at <= last[1]) last[1] = at + length;
      else runs.push([at, at + length]);
    }
    return runs;
  }
}

function slotOf(text: string, at: number, length: number): number {
  const middle = text.charCodeAt(at + (length >> 1));
  return ((text.charCodeAt(at) * 31 + middle) * 31 + text.charCodeAt(at + length - 1)) & (slots - 1);
}

/** In lower case, unless that would move its characters. */
function folded(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text;
}
