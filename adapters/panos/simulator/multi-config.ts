import { XMLParser } from 'fast-xml-parser';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { Refusal } from './answers.ts';
import { elementsOf } from './configuration.ts';

const ordered = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  stopNodes: [],
});

/** The edits of a `multi-configure-request`, in their order, which counts. @throws Refusal 18 */
export function multiConfigIn(text: string): readonly (readonly [string, JsonObject])[] {
  const [root] = ordered.parse(text) as readonly Readonly<
    Record<string, readonly Readonly<Record<string, unknown>>[]>
  >[];
  const children = root?.['multi-configure-request'];
  if (children === undefined) throw new Refusal(17, 'multi-configure-request expected');
  const names = children.map((child) => Object.keys(child).find((name) => name !== ':@') ?? '');
  const inside = elementsOf(text)['multi-configure-request'] as JsonObject;
  const taken = new Map<string, number>();
  return names.map((name) => {
    const index = taken.get(name) ?? 0;
    taken.set(name, index + 1);
    const all = [inside[name] ?? ''].flat() as readonly JsonObject[];
    return [name, all[index] ?? {}] as const;
  });
}
