import type { Json } from '../../../src/core/model/json.ts';

/** More than any device has to say in one answer: objects inside of objects, and values altogether. */
const most = { depth: 64, values: 1_000_000 };

/**
 * The JSON in an answer; undefined for what is none, and for what would cost more to read than any honest answer does. It
 * is measured before it is read.
 */
export function parseAnswer(body: string): Json | undefined {
  if (!isWithin(body)) return undefined;
  try {
    return JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
}

const signs = { quote: 34, comma: 44, list: 91, backslash: 92, endOfList: 93, object: 123, endOfObject: 125 } as const;

/** In one pass over the text, without reading what it says. */
function isWithin(text: string): boolean {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (sign === signs.quote) at = endOfString(text, at);
    else if (sign === signs.comma) values += 1;
    else if (sign === signs.list || sign === signs.object) {
      depth += 1;
      values += 1;
    } else if (sign === signs.endOfList || sign === signs.endOfObject) depth -= 1;
    if (depth > most.depth || values > most.values) return false;
  }
  return true;
}

/** Where the string that begins there ends; the end of the text, where it does not. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (sign === signs.quote) return at;
    if (sign === signs.backslash) at += 1;
  }
  return text.length;
}
