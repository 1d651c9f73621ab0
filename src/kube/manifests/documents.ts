import { readYaml, YamlFault } from './kubectl-yaml.ts';

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

/**
 * Reads a file of YAML documents, or of JSON values one after the other. A document that cannot be read does not affect the
 * others. By `js-yaml`, which is six times as fast as `yaml`; `yaml` finds the lines of problems.
 */
export function readDocuments(file: string, text: string): Documents {
  const documents: Document[] = [];
  const unreadable: Unreadable[] = [];
  for (const piece of readJson(text) ?? split(text)) {
    try {
      const value = readPiece(piece);
      if (value != null) documents.push({ file, line: piece.line, text: piece.text, value });
    } catch (error) {
      if (!(error instanceof YamlFault)) throw error;
      unreadable.push({ file, line: piece.line + error.line, message: error.message });
    }
  }
  return { documents, unreadable };
}

interface Piece {
  readonly line: number;
  readonly text: string;
}

/** Undefined: what is in it cannot be told, as a key stands there twice. */
type JsonPiece = Piece & ({ readonly value: unknown } | { readonly fault: YamlFault });

/** JSON values with nothing but white space between them; undefined if the text is anything else. */
function readJson(text: string): readonly JsonPiece[] | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  const values: JsonPiece[] = [];
  let line = 1;
  try {
    for (const { text: piece, repeated } of jsonValues(text)) {
      const value: unknown = JSON.parse(piece);
      values.push({ line, text: piece, ...(repeated ? { fault: repeatedKey(piece, repeated) } : { value }) });
      line += linesIn(piece);
    }
    return values;
  } catch {
    return undefined; // It may be YAML in flow style; if not, the YAML error names the line.
  }
}

interface KeyAt {
  readonly key: string;
  readonly index: number;
}

/** Cuts where an object or list ends that is inside no other, and finds the first key that an object has twice. */
function* jsonValues(text: string): Generator<{ readonly text: string; readonly repeated: KeyAt | undefined }> {
  const tokens = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g;
  const open: Set<string>[] = [];
  let start = 0;
  let repeated: KeyAt | undefined;
  for (const { 0: token, 1: quoted, 2: colon, index } of text.matchAll(tokens)) {
    if (quoted !== undefined) {
      const keys = colon === undefined ? undefined : open.at(-1);
      const key = quoted.includes('\\') ? JSON.stringify(JSON.parse(quoted)) : quoted;
      if (keys?.has(key)) repeated ??= { key, index: index - start };
      keys?.add(key);
      continue;
    }
    if (token === '{' || token === '[') open.push(new Set());
    else open.pop();
    if (open.length > 0) continue;
    yield { text: text.slice(start, index + 1), repeated };
    [start, repeated] = [index + 1, undefined];
  }
  if (text.slice(start).trim() !== '') yield { text: text.slice(start), repeated };
}

function repeatedKey(text: string, { key, index }: KeyAt): YamlFault {
  return new YamlFault(`duplicated mapping key ${key}; kubectl would take the last one`, linesIn(text.slice(0, index)));
}

/** How many ends of lines. */
function linesIn(text: string): number {
  return text.split('\n').length - 1;
}

/** A line that begins with `---` ends a document wherever it is, even in block text: YAML 1.2.2 section 9.1.2. */
function* split(text: string): Generator<Piece> {
  let line = 1;
  for (const part of text.split(/^(?=---(?:\s|$))/m)) {
    if (!isBlank(part.replace(/^---/, ''))) yield { line, text: part };
    line += linesIn(part);
  }
}

/** @throws {YamlFault} */
function readPiece(piece: Piece | JsonPiece): unknown {
  if ('value' in piece) return piece.value;
  if ('fault' in piece) throw piece.fault;
  checkSeparators(piece.text);
  return readYaml(piece.text);
}

/** YAML permits both of these, and kubectl does not read what follows. @throws {YamlFault} */
function checkSeparators(text: string): void {
  if (/^---[ \t]+[^\s#]/.test(text))
    throw new YamlFault('kubectl refuses a document that begins on the line of its ---; begin it on the next line');
  const [document = '', dropped] = text.split(/^\.\.\.(?=\s|$)/m);
  if (dropped !== undefined && !isBlank(dropped))
    throw new YamlFault(
      'kubectl drops what follows ... up to the next ---; write --- instead',
      document.split('\n').length - 1,
    );
}

/** Only empty lines, comments and directives. */
function isBlank(text: string): boolean {
  return /^(?:[ \t]*(?:[#%].*)?(?:\r?\n|$))*$/.test(text);
}
