import { CORE_SCHEMA, load, Type, YAMLException } from 'js-yaml';

/** One document of a manifest file, read. */
export interface Document {
  readonly file: string;
  /** Line of the file on which `text` begins, from 1. */
  readonly line: number;
  readonly text: string;
  readonly value: unknown;
}

/** A document that could not be read. */
interface Unreadable {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface Documents {
  readonly documents: readonly Document[];
  readonly unreadable: readonly Unreadable[];
}

/** YAML 1.2 and the merge key, as Kubernetes tools read it; times stay texts. */
const schema = CORE_SCHEMA.extend({
  implicit: [new Type('tag:yaml.org,2002:merge', { kind: 'scalar', resolve: (text) => text === '<<' })],
});

/** Longest YAML, in characters. YAML takes about a second per 10 MB, JSON a fiftieth of that. */
const maxYamlLength = 64 * 1024 * 1024;

/** Most values in a document with its aliases expanded: a page of aliases must not fill the memory. */
const maxValues = 1_000_000;

/**
 * Reads a file of YAML documents, or of JSON. A document that cannot be read does not affect the others.
 * By `js-yaml`, which is six times as fast as `yaml`; `yaml` finds the lines of problems.
 */
export function readDocuments(file: string, text: string): Documents {
  const json = readJson(text);
  if (json !== undefined) return { documents: [{ file, line: 1, text, value: json }], unreadable: [] };
  const documents: Document[] = [];
  const unreadable: Unreadable[] = [];
  for (const piece of split(text)) {
    const read = readYaml(piece.text);
    if ('fault' in read) unreadable.push({ file, line: piece.line + read.line, message: read.fault });
    else if (read.value != null) documents.push({ file, ...piece, value: read.value });
  }
  return { documents, unreadable };
}

function readJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // It may be YAML in flow style; if not, the YAML error names the line.
  }
}

interface Piece {
  readonly line: number;
  readonly text: string;
}

/** A line that begins with `---` or `...` ends a document wherever it stands, even in block text: YAML 1.2.2 section 9.1.2. */
function split(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let line = 1;
  for (const part of text.split(/^(?=---(?:\s|$))|^\.\.\.(?=\s|$)/m)) {
    if (!isBlank(part)) pieces.push({ line, text: part });
    line += part.split('\n').length - 1;
  }
  return pieces;
}

/** Only empty lines, comments and directives. */
function isBlank(text: string): boolean {
  return /^(?:[ \t]*(?:[#%].*)?(?:\r?\n|$))*$/.test(text);
}

type Read = { readonly value: unknown } | { readonly fault: string; readonly line: number };

function readYaml(text: string): Read {
  if (text.length > maxYamlLength)
    return { line: 0, fault: 'a YAML document of this size takes minutes to read; use JSON' };
  try {
    const value = load(text, { schema });
    if (text.includes('*') && sizeOf(value, new Map()) > maxValues) {
      return {
        line: 0,
        fault: `its aliases expand to more than ${maxValues} values, or contain themselves; write them out`,
      };
    }
    return { value };
  } catch (error) {
    if (error instanceof RangeError) return { line: 0, fault: 'it is nested too deeply' };
    if (!(error instanceof YAMLException)) throw error;
    return { line: lineOf(error), fault: error.reason };
  }
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

/** 0 for an error without a position. */
function lineOf({ mark }: { readonly mark?: { readonly line: number } }): number {
  return mark?.line ?? 0;
}
