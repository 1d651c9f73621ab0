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
      const value = 'value' in piece ? piece.value : readPiece(piece.text);
      if (value != null) documents.push({ file, ...piece, value });
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

/** JSON values with nothing but white space between them; undefined if the text is anything else. */
function readJson(text: string): readonly (Piece & { readonly value: unknown })[] | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  const values: (Piece & { readonly value: unknown })[] = [];
  let line = 1;
  try {
    for (const piece of jsonValues(text)) {
      values.push({ line, text: piece, value: JSON.parse(piece) });
      line += piece.split('\n').length - 1;
    }
    return values;
  } catch {
    return undefined; // It may be YAML in flow style; if not, the YAML error names the line.
  }
}

/** Cuts where an object or list ends that is inside no other. */
function* jsonValues(text: string): Generator<string> {
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]]/g;
  let [start, depth] = [0, 0];
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (depth > 0 || token.startsWith('"')) continue;
    yield text.slice(start, index + 1);
    start = index + 1;
  }
  if (text.slice(start).trim() !== '') yield text.slice(start);
}

/** A line that begins with `---` ends a document wherever it is, even in block text: YAML 1.2.2 section 9.1.2. */
function* split(text: string): Generator<Piece> {
  let line = 1;
  for (const part of text.split(/^(?=---(?:\s|$))/m)) {
    if (!isBlank(part.replace(/^---/, ''))) yield { line, text: part };
    line += part.split('\n').length - 1;
  }
}

function readPiece(text: string): unknown {
  checkSeparators(text);
  return readYaml(text);
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
