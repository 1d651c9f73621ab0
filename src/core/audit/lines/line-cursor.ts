import type { Span } from './lines.ts';
import { Memo, TextMemo, type Known } from './memo.ts';
import type { Word } from './word.ts';

/** Most levels of lists and objects in a value that is read here; deeper ones are left to who reads the whole line. */
const mostLevels = 8;

const quote = 0x22;
const comma = 0x2c;
const zero = 0x30;
const [opening, closing] = [0x5b, 0x5d];

/** 1 for ASCII that stands for itself inside of a text. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f && byte !== quote && byte !== 0x5c ? 1 : 0,
);

/** A value that is often the same as in the line before. */
export interface Field<T> {
  last?: Known<T>;
}

/**
 * Goes through the bytes of one line of canonical JSON, from its start to its end. Whatever is not as expected - also a text with an
 * escape, or with letters beyond ASCII - stops it, and then all that it gives is empty.
 */
export class LineCursor {
  readonly #texts = new TextMemo();
  readonly #few = new Memo<string>((text) => text.slice(0, -1));
  #bytes: Buffer = Buffer.alloc(0);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  #end = 0;
  #stopped = false;

  goTo(bytes: Buffer, { start, end }: Span): void {
    if (bytes !== this.#bytes) this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#stopped = false;
  }

  /** Was everything as expected, up to the end of the line? */
  get isThrough(): boolean {
    return !this.#stopped && this.#at === this.#end;
  }

  /** Steps over these bytes if they come next. */
  has(word: Word): boolean {
    const at = this.#at;
    if (this.#stopped || word.length > this.#end - at || !word.isAt(this.#view, at)) return false;
    this.#at = at + word.length;
    return true;
  }

  expect(word: Word): void {
    if (!this.has(word)) this.#stopped = true;
  }

  /** Steps over so many characters of a text. */
  pass(count: number): void {
    const bytes = this.#bytes;
    const end = this.#at + count;
    let at = this.#at;
    while (at < end && plain[bytes[at] ?? 0] === 1) at += 1;
    if (at < end || end > this.#end) this.#stopped = true;
    this.#at = end;
  }

  /** The rest of a text; the quotation mark at its end is stepped over. */
  text(): string {
    if (this.#stopped) return '';
    const start = this.#at;
    const hash = this.#passText();
    return this.#texts.of(this.#bytes, { start, end: this.#at - 1 }, hash);
  }

  /** The same of a field of few values. */
  fewTexts(field: Field<string>): string {
    if (field.last !== undefined && this.has(field.last.word)) return field.last.value;
    if (this.#stopped) return '';
    const start = this.#at;
    return this.#known(field, this.#few, start, this.#passText()) ?? '';
  }

  /** A list of texts. */
  texts(): string[] {
    const bytes = this.#bytes;
    const list: string[] = [];
    if (bytes[this.#at] !== opening) this.#stopped = true;
    if (bytes[this.#at + 1] === closing) this.#at += 1;
    else
      do {
        if (bytes[this.#at + 1] !== quote) this.#stopped = true;
        this.#at += 2;
        list.push(this.text());
      } while (!this.#stopped && bytes[this.#at] === comma);
    if (bytes[this.#at] !== closing || this.#at >= this.#end) this.#stopped = true;
    this.#at += 1;
    return list;
  }

  /** A whole number that is not negative. */
  whole(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    let [at, value] = [start, 0];
    for (let digit = (bytes[at] ?? 0) - zero; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - zero) {
      value = value * 10 + digit;
      at += 1;
    }
    const isNumber = at > start && at - start < 16 && at <= this.#end && (at === start + 1 || bytes[start] !== zero);
    if (!isNumber) this.#stopped = true;
    this.#at = at;
    return value;
  }

  /** A list of anything. Undefined: it is none that is as the memo wants it, and the cursor has stopped. */
  list<T>(field: Field<T>, memo: Memo<T>): T | undefined {
    if (field.last !== undefined && this.has(field.last.word)) return field.last.value;
    if (this.#stopped) return undefined;
    const start = this.#at;
    return this.#known(field, memo, start, this.#passList());
  }

  /** What was stepped over, since a start. */
  #known<T>(field: Field<T>, memo: Memo<T>, start: number, hash: number): T | undefined {
    const known = this.#stopped ? undefined : memo.of(this.#bytes, this.#view, { start, end: this.#at }, hash);
    if (known === undefined) this.#stopped = true;
    else field.last = known;
    return known?.value;
  }

  /** @returns a hash of it */
  #passText(): number {
    const bytes = this.#bytes;
    let [at, hash] = [this.#at, 0];
    for (let byte = bytes[at] ?? 0; plain[byte] === 1; byte = bytes[at] ?? 0) {
      hash = (Math.imul(hash, 31) + byte) | 0;
      at += 1;
    }
    if (at >= this.#end || bytes[at] !== quote) this.#stopped = true;
    this.#at = at + 1;
    return hash;
  }

  /** @returns a hash of it */
  #passList(): number {
    const bytes = this.#bytes;
    let [at, hash, levels, isText] = [this.#at, 0, 0, false];
    do {
      const byte = bytes[at] ?? 0;
      hash = (Math.imul(hash, 31) + byte) | 0;
      at += 1;
      if (byte === quote) isText = !isText;
      else if (plain[byte] === 0) break;
      else if (!isText) levels += nesting(byte);
    } while (at < this.#end && levels > 0 && levels <= mostLevels);
    if (levels !== 0 || isText) this.#stopped = true;
    this.#at = at;
    return hash;
  }
}

/** `[` and `{` open a level, `]` and `}` close one. */
function nesting(byte: number): number {
  if (byte === opening || byte === 0x7b) return 1;
  return byte === closing || byte === 0x7d ? -1 : 0;
}
