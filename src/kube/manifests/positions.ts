import type { Document } from './documents.ts';
import type { FindLine } from './yaml-lines.ts';

/** Where an object comes from: a document, and for an item of a List the way to it. */
export interface Source {
  readonly document: Document;
  readonly path: readonly (string | number)[];
}

/** Beyond this length the line of the document has to do: finding more takes seconds. */
const maxLength = 1024 * 1024;

/** Tells the line of a field, for messages. It reads the text a second time, which is why nobody asks unless something is wrong. */
export class Positions {
  readonly #finders = new Map<Document, Promise<FindLine>>();

  /** `policies.yaml:12`: the field, or as much of the way to it as exists. */
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
  // A module of ours, because a bundler gives what it splits off from a CommonJS package no names.
  return (await import('./yaml-lines.ts')).linesOf(text);
}
