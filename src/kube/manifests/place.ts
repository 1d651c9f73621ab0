import type { Document } from './documents.ts';

/** Where an object comes from: a document, and for an item of a List the way to it. */
export interface Source {
  readonly document: Document;
  readonly path: readonly (string | number)[];
}

type Finder = (path: readonly (string | number)[]) => number;

/** Beyond this length the line of the document has to do: finding more takes seconds. */
const maxLength = 1024 * 1024;

/** Tells the line of a field, for messages. It reads the text a second time, which is why nobody asks unless something is wrong. */
export class Places {
  readonly #finders = new Map<Document, Promise<Finder>>();

  /** `policies.yaml:12`: the field, or as much of the way to it as exists. */
  async of({ document, path }: Source, field = ''): Promise<string> {
    const finder = this.#finders.get(document) ?? finderFor(document);
    this.#finders.set(document, finder);
    return `${document.file}:${(await finder)([...path, ...steps(field)])}`;
  }
}

/** `spec.to[1]` as `spec`, `to`, 1. */
function steps(field: string): readonly (string | number)[] {
  return [...field.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([text, index]) =>
    index === undefined ? text : Number(index),
  );
}

async function finderFor({ text, line }: Document): Promise<Finder> {
  if (text.length > maxLength) return () => line;
  const { isMap, isNode, LineCounter, parseDocument } = await import('yaml');
  const counter = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: counter, schema: 'core', merge: true });
  /** A field is where its key is; a value may begin a line below. */
  const offsetOf = (path: readonly (string | number)[]): number | undefined => {
    const parent = parsed.getIn(path.slice(0, -1), true);
    const last = path.at(-1);
    const pair = isMap(parent) ? parent.items.find(({ key }) => String(key) === last) : undefined;
    const node = pair === undefined ? parsed.getIn(path, true) : pair.key;
    return isNode(node) ? node.range?.[0] : undefined;
  };
  return (path) => {
    for (let length = path.length; length >= 0; length -= 1) {
      const offset = offsetOf(path.slice(0, length));
      if (offset !== undefined) return line + counter.linePos(offset).line - 1;
    }
    return line;
  };
}
