import { XMLParser } from 'fast-xml-parser';
import type { JsonObject } from '../../src/core/model/json.ts';

/** Elements as objects, those of these names as lists, everything else as text; undefined: it is no XML. */
export function xmlReader(...lists: readonly string[]): (body: string) => JsonObject | undefined {
  const parser = new XMLParser({
    ignoreAttributes: true,
    parseTagValue: false,
    isArray: (name) => lists.includes(name),
  });
  return (body) => {
    try {
      return parser.parse(body) as JsonObject;
    } catch {
      return undefined;
    }
  };
}
