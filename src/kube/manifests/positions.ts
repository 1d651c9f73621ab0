import type { Document } from './documents.ts';
import type { FindLine } from './yaml-lines.ts';

/** Where an object comes from: a document, and for an item of a List the path to it. */
export interface Source {
  readonly document: Document;
  readonly path: readonly (string | number)[];
}

/** In a longer document only its first line is named: finding more takes seconds. */
const maxLength = 1024 * 1024;

/** Finds the line of a field, for messages. It parses the text a second time, so only problems ask for it. */
export class Positions {
  readonly #finders = new Map<Document, Promise<FindLine>>();

  /** `policies.yaml:12`: the line of the field, or of the nearest parent that exists. */
  async of({ document, path }: Source, field = ''): Promise<string> {
    const finder = this.#finders.get(document) ?? finderFor(document);
    this.#finders.set(document, finder);
    const line = document.line + (await finder)([...path, ...steps(field)]);
    return `${document.file}:${line}`;
  }
}

/** `spec.to[1]` as `spec`, `to`, 1. */
function steps(field: string): readonly (string | number)[] {
  return [...field.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([text, index]) =>
    index === undefined ? text : Number(index),
  );
}

async function finderFor({ text }: Document): Promise<FindLine> {
  if (text.length > maxLength) return () => 0;
  // A module of our own, because the bundler drops the names of a CommonJS package that it splits off.
  return (await import('./yaml-lines.ts')).linesOf(text);
}
