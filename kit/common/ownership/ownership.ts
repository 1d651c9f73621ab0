import type { ForeignCollision } from '../../../src/adapter/adapter.ts';
import { namePrefix, readMark, type Owner } from '../../../src/adapter/owner.ts';
import { ourSubject } from './marks.ts';

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

  /** @param field what the device calls the text with the mark: `comment`, `description` */
  constructor(owner: Owner, field: string) {
    this.#owner = owner;
    this.#field = field;
  }

  /** Those with our mark, and what it says. */
  ours<T extends Marked>(kind: string, objects: readonly T[]): readonly (T & { readonly subject: string })[] {
    return objects.flatMap((object) => {
      const subject = ourSubject(this.#owner, object.mark);
      if (subject !== undefined) return [{ ...object, subject }];
      this.noteForeign(kind, object);
      return [];
    });
  }

  /**
   * Notes an object without our mark if it has a name of ours. A name that begins like ours may belong to another
   * cluster whose id begins like ours: its mark says so, and it is nobody's collision.
   *
   * @param called what the collision is called, if not by the name
   */
  noteForeign(kind: string, { name, mark }: Marked, called = name): void {
    if (!name.startsWith(namePrefix(this.#owner)) || isOfNeighbour(name, mark)) return;
    const found = mark === '' ? `an object without a ${this.#field}` : `${this.#field}: ${mark.slice(0, 120)}`;
    this.foreign.push({ kind, name: called, found });
  }
}

function isOfNeighbour(name: string, mark: string): boolean {
  const cluster = readMark(mark)?.cluster;
  return cluster !== undefined && name.startsWith(namePrefix({ cluster }));
}
