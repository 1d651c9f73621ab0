import { groupName } from '../../api/meta.ts';
import { FAILSAFE_SCHEMA, load, Type, types, YAMLException } from 'js-yaml';

/*
 * YAML as kubectl reads it, so that what is checked here is what is applied there. kubectl's parser, go-yaml 2, follows
 * YAML 1.1 in places where `js-yaml` follows 1.2. In documents with objects of ours, where `port: 0443` is a mistake, text that the
 * two read differently is refused; elsewhere it is `defaultMode: 0644`, and read as kubectl does. Compared with kubectl 1.37.2.
 */

declare module 'js-yaml' {
  /** The types of the schemas, which the package exports and its declarations leave out. */
  export const types: Readonly<Record<'null' | 'bool' | 'int' | 'float', Type>>;
}

/** A document that cannot be read, or that kubectl reads differently. */
export class YamlFault extends Error {
  /** Line of the text, from 0. */
  readonly line: number;

  constructor(message: string, line = 0) {
    super(message);
    this.line = line;
  }
}

/** Reading YAML takes about a second per 10 MB. */
const maxLength = 64 * 1024 * 1024;
/** Most values in a document with its aliases expanded: a page of aliases must not fill the memory. */
const maxValues = 1_000_000;

/** One document. @throws {YamlFault} */
export function readYaml(text: string): unknown {
  if (text.length > maxLength) throw new YamlFault('a YAML document of this size takes minutes to read; use JSON');
  try {
    const value = parse(text, 'merge');
    checkSize(text, value);
    checkTemplate(text, value);
    if (text.includes('<<')) checkMerges(parse(text, 'keep'), '');
    return value;
  } catch (error) {
    if (error instanceof RangeError) throw new YamlFault('it is nested too deeply');
    if (!(error instanceof YAMLException)) throw error;
    checkTemplate(text, error);
    const { mark } = error as { readonly mark?: { readonly line: number } };
    throw new YamlFault(explained(error.reason), mark?.line);
  }
}

/** @param merges `keep`: the merge key `<<` stays a key like any other */
function parse(text: string, merges: 'merge' | 'keep'): unknown {
  let line = 0;
  const isOurs = text.includes(`${groupName}/v`);
  const resolve = (scalar: unknown): boolean => {
    const meaning = meaningToKubectl(String(scalar));
    if (meaning !== undefined && isOurs)
      throw new YamlFault(
        `kubectl reads ${String(scalar)} as ${meaning}; write ${meaning}, or '${String(scalar)}' for the text`,
        line,
      );
    return meaning !== undefined;
  };
  const construct = (scalar: unknown): unknown => meaningToKubectl(String(scalar));
  /** What is called a number, as in `!!int 0644`. */
  const tagged = (name: 'int' | 'float'): Type =>
    new Type(`tag:yaml.org,2002:${name}`, {
      kind: 'scalar',
      resolve: (scalar) => (resolve(scalar) ? typeof construct(scalar) === 'number' : types[name].resolve(scalar)),
      construct: (scalar): unknown => construct(scalar) ?? types[name].construct(scalar),
    });
  const merge = new Type('tag:yaml.org,2002:merge', { kind: 'scalar', resolve: (scalar) => scalar === '<<' });
  const differing = new Type('!read-differently', { kind: 'scalar', resolve, construct });
  const scalars = [differing, types.null, types.bool, types.int, types.float];
  const implicit = merges === 'merge' ? [merge, ...scalars] : scalars;
  const schema = FAILSAFE_SCHEMA.extend({ implicit, explicit: [tagged('int'), tagged('float')] });
  return load(text, { schema, listener: (_, state) => (line = state.line) });
}

/** What kubectl makes of an unquoted text that YAML 1.2 reads as something else; undefined: they agree. */
function meaningToKubectl(text: string): number | boolean | undefined {
  if (/^(?:y|Y|yes|Yes|YES|on|On|ON)$/.test(text)) return true;
  if (/^(?:n|N|no|No|NO|off|Off|OFF)$/.test(text)) return false;
  if (/^\.?_/.test(text)) return undefined;
  const digits = text.replaceAll('_', '');
  if (/^[-+]?0[0-7]+$/.test(digits)) {
    const octal = parseInt(digits, 8);
    return Math.abs(octal) < 8 && digits === text ? undefined : octal;
  }
  // A sign before a point is another thing in which they differ.
  if (digits === text && !/^[-+]\./.test(text)) return undefined;
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(digits)) return Number(digits);
  if (!/^[-+]?(?:0x[\da-fA-F]+|0b[01]+|0o[0-7]+)$/.test(digits)) return undefined;
  // `Number` knows no sign before 0x, 0b and 0o.
  const size = Number(digits.replace(/^[-+]/, ''));
  return digits.startsWith('-') ? -size : size;
}

/** To kubectl a merge overrides the keys before it, and a second merge the first; to YAML it does neither. */
function checkMerges(value: unknown, path: string): void {
  if (Array.isArray(value)) value.forEach((item, at) => checkMerges(item, `${path}[${at}]`));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  const at = entries.findIndex(([key]) => key === '<<');
  const merged = new Set([entries[at]?.[1]].flat().flatMap((one) => Object.keys(one ?? {})));
  const before = entries.slice(0, Math.max(at, 0)).find(([key]) => merged.has(key));
  if (before !== undefined)
    throw new YamlFault(
      `kubectl lets << override ${before[0]}, which is written before it${path && ` in ${path.slice(1)}`}; put << first`,
    );
  for (const [key, item] of entries) checkMerges(item, `${path}.${key}`);
}

function checkTemplate(text: string, read: unknown): void {
  const line = text.split('\n').findIndex((one) => /^[^#'"]*\{\{/.test(one));
  if (line < 0 || !(read instanceof YAMLException || JSON.stringify(read).includes('"[object Object]":'))) return;
  throw new YamlFault(
    'this is a template that was not rendered ({{ }}), which kubectl refuses; render it first, as with `helm template`',
    line,
  );
}

function explained(reason: string): string {
  const alias = /^unidentified alias "(.*)"$/.exec(reason)?.[1];
  if (alias?.startsWith('.'))
    return `*${alias} is an alias to YAML, because it begins with *; write '*${alias}' in quotes`;
  return reason === 'duplicated mapping key' ? `${reason}; kubectl would take the last one` : reason;
}

function checkSize(text: string, value: unknown): void {
  if (text.includes('*') && sizeOf(value, new Map()) > maxValues)
    throw new YamlFault(`its aliases expand to more than ${maxValues} values, or contain themselves; write them out`);
}

/** Number of values with every alias expanded; Infinity for an alias that contains itself. */
function sizeOf(value: unknown, known: Map<object, number>): number {
  if (typeof value !== 'object' || value === null) return 1;
  const size = known.get(value);
  if (size !== undefined) return size;
  known.set(value, Infinity);
  const total = Object.values(value).reduce((sum: number, item: unknown) => sum + sizeOf(item, known), 1);
  known.set(value, total);
  return total;
}
