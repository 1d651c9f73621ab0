import { grouped } from '../model/grouped.ts';
import { resolutionMs, type AddressRecord, type Assignment, type Gap } from './assignment.ts';

/** Who had an address at a moment. */
export interface Holding {
  /** Several: on the host network, or within the resolution of the record. */
  readonly holders: readonly Assignment[];
  /** Whose annotations alone say that they have it, on networks beside the pod network. */
  readonly claimed: readonly Assignment[];
  /** Why it may have been somebody else, or it is not known; empty: it is known. */
  readonly doubts: readonly Doubt[];
}

export type Doubt =
  /** One of them had it, or nobody: the moment is before it was seen to have it, or shortly before it was seen to have ended. */
  | { readonly kind: 'at-the-edge' }
  /** Several pods were seen to have it at once, none of them on the host network. */
  | { readonly kind: 'several' }
  /** Annotations of pods alone say who has it. */
  | { readonly kind: 'claimed' }
  /** Nothing observed the cluster at that moment. */
  | { readonly kind: 'gap'; readonly gap: Gap }
  /** The moment is before the record begins, or after it ends. */
  | { readonly kind: 'outside'; readonly from: number | undefined; readonly to: number | undefined };

/** The assignments of a record by their address. Building it is linear; a question takes the assignments of one address. */
export class AssignmentIndex {
  readonly #byAddress: ReadonlyMap<string, readonly Assignment[]>;
  readonly #record: AddressRecord;

  constructor(record: AddressRecord) {
    this.#record = record;
    this.#byAddress = grouped(record.assignments.map((one) => [one.address, one] as const));
  }

  /**
   * @param address canonical text
   * @param at milliseconds since the epoch
   */
  holdersAt(address: string, at: number): Holding {
    const { from, to, gaps } = this.#record;
    const all = this.#byAddress.get(address) ?? [];
    const thereabouts = all.filter(({ since, earliest, until = Infinity }) => {
      return Math.min(earliest, since - resolutionMs) <= at && at <= until;
    });
    const near = thereabouts.filter(({ network }) => network === undefined);
    const claimed = thereabouts.filter(({ network }) => network !== undefined);
    const sure = near.filter(({ since, until = Infinity, endedAfter = until - resolutionMs }) => {
      return since <= at && at < endedAfter;
    });
    const gap = gaps.find((one) => one.from < at && at < one.to);
    const outside = from === undefined || to === undefined || at < from || at > to;
    const doubts: readonly Doubt[] = [
      ...(outside ? [{ kind: 'outside', from, to } as const] : []),
      ...(gap === undefined ? [] : [{ kind: 'gap', gap } as const]),
      ...(near.length > sure.length ? [{ kind: 'at-the-edge' } as const] : []),
      ...(sure.length > 1 && sure.some(({ hostNetwork }) => !hostNetwork) ? [{ kind: 'several' } as const] : []),
      ...(near.length === 0 && claimed.length > 0 ? [{ kind: 'claimed' } as const] : []),
    ];
    return { holders: near, claimed, doubts };
  }
}
