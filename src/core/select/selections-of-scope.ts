import type { Pod } from '../model/snapshot.ts';
import { CompactSet } from './compact-set.ts';
import { LabelIndex } from './label-index.ts';
import { anchorsOf } from './requirements.ts';
import { anchorsOfLabels, type NamespaceScope } from './namespace-index.ts';
import type { Subject } from './subject.ts';

/** A subject that is followed. Its pods are found on demand: a list for each subject would take much memory. */
export interface Selection {
  readonly subject: Subject;
  readonly scope: NamespaceScope;
}

/** The subjects that are followed in one scope: once they are many, by what a pod must hold to fit. */
export class SelectionsOfScope<S extends Selection> {
  /** All while they are few; then those that a pod without any label may fit. */
  readonly #loose = new CompactSet<S>();
  #anchored: LabelIndex<S> | undefined;
  readonly #few: number;
  size = 0;

  /** @param few so many are sooner asked one by one */
  constructor(few: number) {
    this.#few = few;
  }

  add(selection: S): void {
    this.size += 1;
    this.#loose.add(selection);
    if (!this.#anchored && this.size <= this.#few) return;
    const unlisted = this.#anchored ? [selection] : [...this.#loose];
    const index = (this.#anchored ??= new LabelIndex());
    for (const one of unlisted) {
      const anchors = anchorsOfSubject(one.subject);
      if (!anchors) continue;
      this.#loose.delete(one);
      index.add(anchors, one);
    }
  }

  delete(selection: S): void {
    this.size -= 1;
    if (!this.#loose.delete(selection)) this.#anchored?.delete(anchorsOfSubject(selection.subject) ?? [], selection);
  }

  /** Those that a pod may fit; it fits no other. */
  candidates(pod: Pod): Iterable<S> {
    return this.#anchored ? [...this.#loose, ...this.#anchored.any(anchorsOfPod(pod))] : this.#loose;
  }
}

export function anchorsOfPod({ namespace, serviceAccount, labels }: Pod): readonly string[] {
  return [accountAnchor(`${namespace}/${serviceAccount}`), ...anchorsOfLabels(labels)];
}

/** Every pod that fits holds one of these; undefined: it need not hold anything. */
export function anchorsOfSubject({ serviceAccounts, pods }: Subject): readonly string[] | undefined {
  return serviceAccounts?.map(accountAnchor) ?? anchorsOf(pods);
}

function accountAnchor(serviceAccount: string): string {
  return `@${serviceAccount}`;
}
