import type { Unreadable } from '../../kube/informer/informer.ts';
import { grouped } from '../../core/model/grouped.ts';
import type { Problem } from '../../api/problem.ts';

/** What is wrong with each object: what it says, and that what is stored of it cannot be read. */
export class ObjectProblems {
  #all: readonly Problem[] = [];
  #bySubject: ReadonlyMap<string, readonly Problem[]> = new Map();
  readonly #unreadable = new Map<string, readonly Problem[]>();

  /** What was found in all objects. @returns the objects for which that may change something */
  found(all: readonly Problem[]): Iterable<string> {
    if (all === this.#all) return [];
    const before = this.#bySubject;
    this.#all = all;
    this.#bySubject = grouped(all.map((problem) => [problem.subject, problem]));
    return [...before.keys(), ...this.#bySubject.keys()];
  }

  /** Why what is stored of an object cannot be read; no problems: it can. */
  unreadable(subject: string, problems: readonly Problem[], inForce: Unreadable['inForce'] = 'earlier form'): void {
    const kept = problems.map((problem) => ({
      ...problem,
      message: `${problem.message}; until that is corrected, ${consequenceOf(subject, inForce)}`,
    }));
    if (kept.length === 0) this.#unreadable.delete(subject);
    else this.#unreadable.set(subject, kept);
  }

  of(subject: string): readonly Problem[] {
    return [...(this.#bySubject.get(subject) ?? []), ...(this.#unreadable.get(subject) ?? [])];
  }
}

/** What follows for an object that cannot be read. @param subject `EgressPolicy/shop/web` */
export function consequenceOf(subject: string, inForce: Unreadable['inForce'] = 'earlier form'): string {
  switch (inForce) {
    case 'earlier form':
      return 'its last readable version stays in force';
    case 'nothing':
      return 'it has no effect';
    case 'unknown':
      return subject.startsWith('EgressPolicy/')
        ? 'what is on the devices stays there, and nothing new is permitted to its namespace'
        : 'what is on the devices stays as it is';
  }
}
