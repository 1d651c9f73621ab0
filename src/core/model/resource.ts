import type { LossCode } from '../../api/problem-codes.ts';
import type { JsonObject } from './json.ts';
import type { Verdict } from './desired.ts';

/** Names a device object among ours on one device: its table and its name there. */
export interface ResourceKey {
  readonly kind: string;
  readonly name: string;
}

/**
 * One object on a device, in the device's own vocabulary and in the canonical form in which `observe` returns it,
 * so that "apply, then observe" equals what was lowered.
 */
export interface Resource extends ResourceKey {
  /** Everything but members and position. Compared as a whole; an update replaces it. */
  readonly spec: JsonObject;
  /**
   * A set that changes by delta: the addresses of a feed, the members of a group. Sorted. Absent where the kind has none.
   * Pod addresses stand here as canonical address text, whatever the device calls its objects for them: the guard on
   * removals recognises the addresses of pods that were seen to end.
   */
  readonly members?: readonly string[];
  /** Id of the rule or group that it is there for, so that a refusal reaches the right owner; absent for what many share. */
  readonly desiredId?: string;
  /** Of a rule: the object that it comes from, `EgressPolicy/shop/web`, where the device keeps that beside it. Never compared. */
  readonly origin?: string;
  /** What it does, for people who read a plan; only of what was lowered, and never compared. */
  readonly title?: string;
  /** What must exist before this does. */
  readonly refs: readonly ResourceKey[];
  /**
   * What more of this object does to what the device permits: an accepting rule or a group of such rules `Accept`s,
   * a denying one `Deny`s, an address object or a service by itself does `None`.
   */
  readonly effect: Verdict | 'None';
  /** Index in its table's first-match order, counting only ours; absent for tables without order. */
  readonly position?: number;
  /** It permits or denies by itself, wherever it stands: the rule of a table without order. */
  readonly decides?: true;
  /** What it refers to leads to it: in every phase it changes before that, so that a refusal is met before the way is gone. */
  readonly leads?: true;
  /** Only of what was observed: it is there, and switched off. It counts as not there, and is removed or replaced. */
  readonly disabled?: true;
  /**
   * Only of what was observed: something of others stands between this and the one of ours before it, and could decide
   * in its stead. It is put back into its place even where the order of ours is right.
   */
  readonly detached?: true;
}

/** Does it permit or deny by itself, and not only where something else uses it? */
export function isRule({ position, decides }: Resource): boolean {
  return position !== undefined || decides === true;
}

export function keyOf(resource: ResourceKey): string {
  return `${resource.kind}\u0000${resource.name}`;
}

export const lossEffects = ['rejected', 'narrowed', 'split', 'elsewhere', 'approximate'] as const;

/** What a point cannot express, and what stands there instead. Never `widened`: that does not exist. */
export interface Loss {
  readonly effect: (typeof lossEffects)[number];
  /** The rule or group concerned. */
  readonly id: string;
  /** Stable identifier, `wildcard-needs-device-dns`. */
  readonly code: LossCode;
  readonly message: string;
}
