import type { Steps } from '../../core/model/steps.ts';
import type { KnownCredentials } from './known-credentials.ts';

/** What moves the cursor or rings, line breaks, and halves of characters. */
const control = /[\p{Cc}\p{Cs}\u2028\u2029]+/gu;
/** What hides or reorders text. */
const invisible = /\p{Cf}+/gu;
/** The same, but for what text in lines has. */
const controlInObject = /[^\P{Cc}\t\n\r]+|[\p{Bidi_Control}\p{Cs}]+/gu;
/** What colours and moves on a terminal. */
const ansi = /(?:\u001b\[|\u009b)[\d;?]{0,32}[@-~]/g;

/** Characters of one text about a device, at most. */
const longest = 2_000;
/** Objects inside of objects, at most: more than any device has. */
const deepest = 64;

/** A text for people: of limited length, on one line, without control characters and credentials. */
export function textForPeople(text: string, credentials: KnownCredentials): string {
  const plain = text
    .slice(0, 4 * longest)
    .replace(ansi, '')
    .replace(invisible, '')
    .replace(control, ' ');
  const clean = credentials.hide(plain);
  return clean.length <= longest ? clean : `${clean.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A text of an object, which may have lines and any length. */
export function textOfObject(text: string, credentials: KnownCredentials): string {
  return credentials.hideInObject(text.replace(controlInObject, ' '));
}

/** The same value with every text in it, names of fields included, as `clean` makes it; itself where nothing changes. */
export function withTexts<T>(value: T, clean: (text: string) => string, depth = 0): T {
  if (typeof value === 'string') return clean(value) as T;
  if (value === null || typeof value !== 'object') return value;
  if (depth > deepest) return clean('[deeper]') as T;
  if (Array.isArray(value)) {
    const items = (value as readonly unknown[]).map((item) => withTexts(item, clean, depth + 1));
    return items.some((item, at) => item !== (value as readonly unknown[])[at]) ? (items as T) : value;
  }
  const entries = Object.entries(value).map(
    ([name, item]) => [clean(name), withTexts(item, clean, depth + 1)] as const,
  );
  const same = entries.every(([name, item]) => name in value && item === (value as Record<string, unknown>)[name]);
  return same ? value : (Object.fromEntries(entries) as T);
}

/** Of each of many values, one at a step. */
export function* eachWithTexts<T>(values: readonly T[], clean: (text: string) => string): Steps<T[]> {
  const cleaned: T[] = [];
  for (const value of values) {
    cleaned.push(withTexts(value, clean));
    yield;
  }
  return cleaned;
}
