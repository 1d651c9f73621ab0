import type { Span } from './lines.ts';
import { Word } from './word.ts';

/** Longer ones are made each time. */
const mostBytes = 1_024;
/** A power of two. */
const places = 2 ** 13;

/** ASCII texts that come again and again, made once. Two for which there is one place take turns, so that it never grows. */
export class TextMemo {
  readonly #places = new Array<string>(places).fill('');

  /** @param hash of these bytes */
  of(bytes: Buffer, { start, end }: Span, hash: number): string {
    const place = placeOf(hash);
    const known = this.#places[place] ?? '';
    if (isText(bytes, { start, end }, known)) return known;
    const text = bytes.toString('latin1', start, end);
    if (end - start <= mostBytes) this.#places[place] = text;
    return text;
  }
}

export interface Known<T> {
  readonly word: Word;
  readonly value: T;
}

/** The same of what such texts mean. */
export class Memo<T> {
  readonly #make: (text: string) => T | undefined;
  readonly #places = new Array<Known<T> | undefined>(places).fill(undefined);

  /** @param make what a text means; undefined: it is none of these */
  constructor(make: (text: string) => T | undefined) {
    this.#make = make;
  }

  /** @param hash of these bytes, which begin at the start of the view */
  of(bytes: Buffer, view: DataView, { start, end }: Span, hash: number): Known<T> | undefined {
    const place = placeOf(hash);
    const known = this.#places[place];
    if (known?.word.length === end - start && known.word.isAt(view, start)) return known;
    const text = bytes.toString('latin1', start, end);
    const value = this.#make(text);
    if (value === undefined) return undefined;
    const made = { word: Word.of(text), value };
    if (end - start <= mostBytes) this.#places[place] = made;
    return made;
  }
}

function placeOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (places - 1);
}

function isText(bytes: Buffer, { start, end }: Span, text: string): boolean {
  if (text.length !== end - start) return false;
  for (let at = 0; at < text.length; at += 1) if (bytes[start + at] !== text.charCodeAt(at)) return false;
  return true;
}
