import type { EgressApproval, EgressDelegation } from '../../../api/kinds.ts';
import { concerns } from '../../approval/governing.ts';
import type { Governing } from '../../approval/in-force.ts';
import { asSuperseded, supersededBy } from '../../approval/superseded.ts';
import type { Problem } from '../../../api/problem.ts';
import type { Labels } from '../../model/snapshot.ts';
import { sameMeaning } from '../changes.ts';
import { readSelector } from '../inputs/fields.ts';
import { same } from '../same.ts';
import type { KnownLocal } from './policy.ts';

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
  setApproval(key: string, set: EgressApproval | undefined): readonly string[] {
    const before = this.#about.get(key);
    const known = this.#approval(key);
    const object = set && known ? stillSuperseded(set, known) : set;
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

  /** An approval is over: known from now on, since what is written of it comes back later than the next edit may. */
  supersede({ metadata }: EgressApproval, generation: number): void {
    const key = `${metadata.namespace}/${metadata.name}`;
    const known = this.#approval(key);
    if (known) this.#approvals.get(this.#about.get(key) ?? '')?.set(key, asSuperseded(known, generation));
  }

  /** The generation by which an approval is over. */
  supersededBy(key: string): number | undefined {
    const known = this.#approval(key);
    return known && supersededBy(known);
  }

  /** What is said about a policy. */
  of({ namespace, name }: Pick<KnownLocal, 'namespace' | 'name'>, labelsOf: (namespace: string) => Labels): Governing {
    if (this.#delegations.size === 0 && this.#approvals.size === 0) return ungoverned;
    const labels = labelsOf(namespace);
    const delegations = [...this.#delegations.values()].filter((one) => concerns(one, labels));
    return { delegations, approvals: [...(this.#approvals.get(`${namespace}/${name}`)?.values() ?? [])] };
  }

  #approval(key: string): EgressApproval | undefined {
    return this.#approvals.get(this.#about.get(key) ?? '')?.get(key);
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

/** What came to be known of an approval stays known of it. */
function stillSuperseded(object: EgressApproval, known: EgressApproval): EgressApproval {
  const generation = supersededBy(known);
  const same = object.metadata.uid === known.metadata.uid;
  return same && generation !== undefined && supersededBy(object) === undefined
    ? asSuperseded(object, generation)
    : object;
}

const ungoverned: Governing = { delegations: [], approvals: [] };
