import type { EgressApproval, EgressDelegation, EgressPolicy } from '../../../api/kinds.ts';
import { concerns } from '../../approval/governing.ts';
import type { Governing } from '../../approval/in-force.ts';
import type { Problem } from '../../../api/problem.ts';
import type { Labels } from '../../model/snapshot.ts';
import { sameMeaning } from '../changes.ts';
import { readSelector } from '../inputs/fields.ts';
import { same } from '../same.ts';

/** What people say about policies: what is delegated, and what is approved. */
export class GoverningIndex {
  readonly #delegations = new Map<string, EgressDelegation>();
  /** By `namespace/policy`, then by name. */
  readonly #approvals = new Map<string, Map<string, EgressApproval>>();
  /** `namespace/policy` by `namespace/name` of the approval. */
  readonly #about = new Map<string, string>();

  /** False: it means what it meant before. */
  setDelegation(name: string, object: EgressDelegation | undefined): boolean {
    if (sameMeaning(this.#delegations.get(name), object)) return false;
    if (object) this.#delegations.set(name, object);
    else this.#delegations.delete(name);
    return true;
  }

  /** @returns the policies that it is about, and was about before, as `namespace/name`; none: it means what it meant before */
  setApproval(key: string, object: EgressApproval | undefined): readonly string[] {
    const before = this.#about.get(key);
    const known = before === undefined ? undefined : this.#approvals.get(before)?.get(key);
    // Its status says what was approved.
    if (sameMeaning(known, object) && same(known?.['status'], object?.['status'])) return [];
    if (before !== undefined) {
      this.#about.delete(key);
      this.#approvals.get(before)?.delete(key);
      if (this.#approvals.get(before)?.size === 0) this.#approvals.delete(before);
    }
    if (object === undefined) return before === undefined ? [] : [before];
    const about = `${object.metadata.namespace}/${object.spec.policy.name}`;
    this.#about.set(key, about);
    this.#approvals.set(about, (this.#approvals.get(about) ?? new Map<string, EgressApproval>()).set(key, object));
    return [...new Set([...(before === undefined ? [] : [before]), about])];
  }

  /** What is said about a policy of a namespace with these labels. */
  of({ metadata: { namespace, name } }: EgressPolicy, labels: Labels): Governing {
    if (this.#delegations.size === 0) return ungoverned;
    const delegations = [...this.#delegations.values()].filter((one) => concerns(one, labels));
    return { delegations, approvals: [...(this.#approvals.get(`${namespace}/${name}`)?.values() ?? [])] };
  }

  *problems(): Iterable<Problem> {
    for (const { metadata, spec } of this.#delegations.values()) {
      const read = readSelector(spec.namespaceSelector);
      if ('value' in read) continue;
      const { code, message } = read.fault;
      yield {
        severity: 'error',
        subject: `EgressDelegation/${metadata.name}`,
        field: 'spec.namespaceSelector',
        code,
        message: `${message}; until it is corrected, it concerns every namespace`,
      };
    }
  }
}

const ungoverned: Governing = { delegations: [], approvals: [] };
