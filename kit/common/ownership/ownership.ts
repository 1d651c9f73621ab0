import type { ForeignCollision, Neighbours } from '../../../src/adapter/adapter.ts';
import { namePrefix, ownerOf, readMark, type Owner } from '../../../src/adapter/owner.ts';

/** An object as it was read: its name, and the text in which a mark would stand. */
export interface Marked {
  readonly name: string;
  readonly mark: string;
}

/** Sorts objects by whose they are, and keeps those of others that have a name of ours. */
export class Ownership {
  readonly foreign: ForeignCollision[] = [];
  readonly #owner: Owner;
  readonly #field: string;
  readonly #otherPoints = new Set<string>();
  #namesUs = false;

  /** @param field what the device calls the text with the mark: `comment`, `description` */
  constructor(owner: Owner, field: string) {
    this.#owner = owner;
    this.#field = field;
  }

  /** Other points of this cluster of which something was seen here; undefined: none. */
  get neighbours(): Neighbours | undefined {
    if (this.#otherPoints.size === 0) return undefined;
    return { points: [...this.#otherPoints].sort(), areFirst: !this.#namesUs };
  }

  /** What the mark of an object says that it is for; undefined: it is not ours. */
  subjectOf(text: string): string | undefined {
    const mark = readMark(text);
    const whose = ownerOf(this.#owner, mark);
    if (mark?.point !== undefined && whose === 'another point') this.#otherPoints.add(mark.point);
    if (mark?.point !== undefined && whose === 'ours') this.#namesUs = true;
    return whose === 'ours' ? mark?.subject : undefined;
  }

  /** Those with our mark, and what it says. */
  ours<T extends Marked>(kind: string, objects: readonly T[]): readonly (T & { readonly subject: string })[] {
    return objects.flatMap((object) => {
      const subject = this.subjectOf(object.mark);
      if (subject !== undefined) return [{ ...object, subject }];
      this.noteForeign(kind, object);
      return [];
    });
  }

  /**
   * Notes an object without our mark if it has a name of ours. A name that begins like ours may belong to another
   * cluster whose id begins like ours: its mark says so, and it is no collision.
   *
   * @param called what the collision is called, if not by the name
   */
  noteForeign(kind: string, { name, mark }: Marked, called = name): void {
    if (!name.startsWith(namePrefix(this.#owner)) || this.#isOfNeighbour(name, mark)) return;
    const found = mark === '' ? `an object without a ${this.#field}` : `${this.#field}: ${mark.slice(0, 120)}`;
    this.foreign.push({ kind, name: called, found });
  }

  #isOfNeighbour(name: string, mark: string): boolean {
    const cluster = readMark(mark)?.cluster;
    return cluster !== undefined && cluster !== this.#owner.cluster && name.startsWith(namePrefix({ cluster }));
  }
}
