import type { GuardCode } from '../../api/problem-codes.ts';
import type { Resource, ResourceKey } from './resource.ts';

/**
 * Changes run phase by phase, and within what the device permits is at no time more than old and new desired state:
 *
 *   revoke   accepting rules that go, members leaving accepting groups            only narrows
 *   grow     new objects that are not used yet; denying rules and members that come     only narrows
 *   wire     accepting rules created or rewritten, in their places                flows of the new state
 *   extend   members joining accepting groups                                     flows of the new state
 *   shrink   denying rules and members that go; objects that are no longer used      flows of the new state
 *   activate whatever the device needs to make it so: commit, compile, save
 */
export const phases = ['revoke', 'grow', 'wire', 'extend', 'shrink', 'activate'] as const;
export type Phase = (typeof phases)[number];

interface ChangeBase<R extends Resource> {
  readonly phase: Phase;
  readonly key: ResourceKey;
  /** Adapters may need to see what was there. */
  readonly before?: R;
  readonly after?: R;
}

export type Change<R extends Resource = Resource> =
  | (ChangeBase<R> & { readonly op: 'create'; readonly after: R; readonly place?: Place })
  | (ChangeBase<R> & { readonly op: 'update'; readonly before: R; readonly after: R })
  | (ChangeBase<R> & { readonly op: 'members'; readonly add: readonly string[]; readonly remove: readonly string[] })
  | (ChangeBase<R> & { readonly op: 'move'; readonly place: Place })
  | (ChangeBase<R> & { readonly op: 'delete'; readonly before: R });

/** Where an ordered object goes: right after the named one of ours, or at the head of our block. */
export interface Place {
  readonly after: string | null;
}

export interface Plan<R extends Resource = Resource> {
  /** In the order in which they are to run. */
  readonly changes: readonly Change<R>[];
}

/** Why a plan, or a part of it, is not carried out. */
export interface Violation {
  readonly guard: GuardCode;
  readonly message: string;
  /** The keys held back; empty: the whole plan is. */
  readonly keys: readonly ResourceKey[];
}
