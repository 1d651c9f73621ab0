import type { AddressGroup, GroupSubject } from '../../model/desired.ts';
import { localise, groupSubjectOf, type Subject } from '../../select/subject.ts';
import type { PolicyIndex } from '../intents/policy-index.ts';

/**
 * For points that know workloads by identity or label: the namespaces that exist and are covered, and for each group
 * the subject as Kubernetes objects state it.
 */
export class CoveredNamespaces {
  readonly #policies: PolicyIndex;
  readonly #covers: (namespace: string) => boolean;
  readonly #names = new Set<string>();
  /** By group; forgotten with every change. */
  readonly #subjects = new Map<string, GroupSubject>();

  constructor(policies: PolicyIndex, covers: (namespace: string) => boolean) {
    this.#policies = policies;
    this.#covers = covers;
  }

  /** Looks at these namespaces again; false: none of them is covered, or was. */
  update(touched: ReadonlySet<string>): boolean {
    let changed = false;
    for (const name of touched) {
      const covered = this.#policies.exists(name) && this.#covers(name);
      // A namespace with other labels may be selected by other rules.
      changed ||= covered || this.#names.has(name);
      if (covered) this.#names.add(name);
      else this.#names.delete(name);
    }
    return changed;
  }

  /** Sorted. */
  names(): readonly string[] {
    return [...this.#names].sort();
  }

  forgetSubjects(): void {
    this.#subjects.clear();
  }

  withSubject(group: AddressGroup, subject: Subject | undefined): AddressGroup {
    if (!subject) return group;
    const known = this.#subjects.get(group.id) ?? {
      ...groupSubjectOf(subject),
      namespaces: this.#namespacesOf(subject),
    };
    this.#subjects.set(group.id, known);
    return { ...group, subject: known };
  }

  #namespacesOf(subject: Subject): readonly string[] {
    const { namespace } = subject;
    if (namespace !== undefined) return this.#names.has(namespace) ? [namespace] : [];
    return this.names().filter((name) => localise(subject, name, this.#policies.labelsOf(name)));
  }
}
