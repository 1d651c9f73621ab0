import XMLBuilder from 'fast-xml-builder';
import { XMLParser } from 'fast-xml-parser';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { isObject, textOf } from './json.ts';

/*
 * XML as JSON, both ways: attributes are `@name`, text beside attributes or elements is `#text`, an empty element is '', and
 * a list is so many elements of one name. `#sequence` is a list of elements whose order counts, to be written only.
 */

const shape = { ignoreAttributes: false, attributeNamePrefix: '@', textNodeName: '#text' } as const;
const builder = new XMLBuilder({ ...shape, preserveOrder: true, suppressEmptyNode: true });

/** The elements as text, in which every value is escaped. */
export function xmlText(elements: JsonObject): string {
  return builder.build(nodesIn(elements));
}

/** As the library wants it where order counts. */
type Node = Readonly<Record<string, unknown>>;

function nodesIn(element: Json): readonly Node[] {
  if (!isObject(element)) return textOf(element) === '' ? [] : [{ '#text': textOf(element) }];
  return Object.entries(element).flatMap(([name, value]) => {
    if (name.startsWith('@')) return [];
    if (name === '#sequence') return elementsIn(value).flatMap(nodesIn);
    if (name === '#text') return nodesIn(value);
    const each = Array.isArray(value) ? (value as readonly Json[]) : [value];
    return each.map((one) => ({ [name]: nodesIn(one), ':@': attributesOf(one) }));
  });
}

function attributesOf(element: Json): Node {
  return isObject(element) ? Object.fromEntries(Object.entries(element).filter(([name]) => name.startsWith('@'))) : {};
}

/**
 * A reader of documents without entities of their own; undefined: it is no XML, or breaks off.
 *
 * @param lists elements that are lists even where there is one
 */
export function xmlReader(...lists: readonly string[]): (text: string) => JsonObject | undefined {
  const parser = new XMLParser({
    ...shape,
    parseTagValue: false,
    parseAttributeValue: false,
    htmlEntities: true,
    isArray: (name) => lists.includes(name),
  });
  return (text) => {
    if (/<!(?:DOCTYPE|ENTITY)/i.test(text) || !isWhole(text)) return undefined;
    try {
      return parser.parse(text) as JsonObject;
    } catch {
      return undefined;
    }
  };
}

/** The library takes what breaks off for what ends: this ends with the end of the element that it begins with. */
function isWhole(text: string): boolean {
  const [, name = '', rest = ''] = /^\s*(?:<\?[^>]*\?>\s*)?<([\w.:-]+)([\s\S]*)$/.exec(text) ?? [];
  const end = rest.trimEnd();
  return name !== '' && (end.endsWith(`</${name}>`) || /^[^<>]*\/>$/.test(end));
}

/** The text of an element, with attributes or without; empty where it has none. */
export function elementText(element: Json | undefined): string {
  const text = isObject(element) ? element['#text'] : element;
  return typeof text === 'string' ? text : '';
}

/** A list, or the one element that stands for it. */
export function elementsIn(element: Json | undefined): readonly Json[] {
  if (element === undefined || element === '') return [];
  return Array.isArray(element) ? (element as readonly Json[]) : [element];
}

/** Below an element: `at(answer, 'result', 'job')`; undefined where the way ends. */
export function at(element: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((here, name) => (isObject(here) ? here[name] : undefined), element);
}
