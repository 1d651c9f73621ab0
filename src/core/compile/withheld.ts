import type { WithheldNamespace } from '../model/desired.ts';
import type { ObjectChange } from '../model/snapshot.ts';

/**
 * Namespaces in which a policy exists that nobody has been able to read. It may deny what others permit, so that nothing
 * new is permitted there until it can be read or is gone.
 */
export class WithheldNamespaces {
  readonly #policies = new Map<string, Set<string>>();
  #touched = new Set<string>();

  /** Takes in whatever changed, so that it knows for which of these namespaces something may be different. */
  take({ kind, key, object, unreadable }: ObjectChange): void {
    const isUnreadable = object === undefined && unreadable === true;
    if (this.#policies.size === 0 && !isUnreadable) return;
    const [namespace = '', name = ''] = key.split('/');
    if (kind === 'EgressPolicy') this.#mark(namespace, name, isUnreadable);
    else if ((kind === 'Pod' || kind === 'Namespace') && this.#policies.has(namespace)) this.#touched.add(namespace);
  }

  /** Those for which something may have changed since this was last asked. */
  takeTouched(): ReadonlySet<string> {
    const touched = this.#touched;
    if (touched.size > 0) this.#touched = new Set();
    return touched;
  }

  /** Those that are covered, with who is in each. */
  in(covers: (namespace: string) => boolean, membersOf: (namespace: string) => readonly string[]): WithheldNamespace[] {
    const covered = [...this.#policies].filter(([namespace]) => covers(namespace));
    return covered
      .map(([namespace, names]) => ({ namespace, policies: [...names].sort(), members: membersOf(namespace) }))
      .sort((a, b) => (a.namespace < b.namespace ? -1 : 1));
  }

  #mark(namespace: string, name: string, unreadable: boolean): void {
    const names = this.#policies.get(namespace) ?? new Set<string>();
    if (names.has(name) === unreadable) return;
    this.#touched.add(namespace);
    if (unreadable) names.add(name);
    else names.delete(name);
    if (names.size > 0) this.#policies.set(namespace, names);
    else this.#policies.delete(namespace);
  }
}
