import type { AddressGroup, Role } from '../../model/desired.ts';
import type { Selection } from '../../select/selections-of-scope.ts';
import type { SelectorIndex } from '../../select/selector-index.ts';
import type { Vantage } from '../inputs/vantage.ts';
import type { MemberSet } from './member-set.ts';
import type { EgressGrant } from './pod-addresses.ts';

/** How a point sees pods, and in rules of which role: what the groups of many subjects have in common. */
export interface ViewSpec {
  /** An accepting rule and a denying one never share a group: see `AddressGroups`. */
  readonly role: Role;
  readonly vantage: Vantage;
  /** For how long after its deletion was asked for a group keeps a pod: 0 not at all, Infinity until the pod is gone. */
  readonly graceSeconds: number;
  /** Members as a whole, whichever pods are in them; the addresses of pods are then members only outside of them. */
  readonly networks: readonly string[];
  /** Networks of the destination, at a vantage where the source address depends on the destination; absent: any destination. */
  readonly toward?: readonly string[];
}

/** The groups that are seen alike. */
export interface View extends ViewSpec {
  readonly newSet: () => MemberSet;
  /** The gateway's own addresses, where pods stand behind a gateway. */
  readonly gateway: Group | undefined;
  /** By the key of the subject. */
  readonly groups: Map<string, Group>;
  users: number;
}

/** A subject seen in one way: an address group that follows its pods as long as rules name it. */
export interface Group extends Selection {
  readonly view: View;
  readonly set: MemberSet;
  readonly id: string;
  /** Its id alone: the `sources` of the rules that name it, which share this list. */
  readonly asSources: readonly string[];
  /** As last asked for, when the members of the set were `seen`; undefined: nobody has asked. */
  state: AddressGroup | undefined;
  seen: readonly string[];
  users: number;
}

/** The pods that leave under other addresses than theirs. */
export interface EgressTaker extends Selection {
  readonly grant: EgressGrant;
}

/** Whatever pods are followed for, in one index: a pod is compared once. */
export type Followed = Group | EgressTaker;

export type Selectors = SelectorIndex<Followed>;

export function isGroup(followed: Followed): followed is Group {
  return 'set' in followed;
}
