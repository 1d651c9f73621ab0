import type { AddressGroup, Role } from '../../model/desired.ts';
import type { Selection } from '../../select/selections-of-scope.ts';
import type { SelectorIndex } from '../../select/selector-index.ts';
import type { Vantage } from '../inputs/vantage.ts';
import type { MemberSet } from './member-set.ts';
import type { EgressGrant } from './pod-addresses.ts';

/** As what pods are seen, and by whom: what groups of many subjects have in common. */
export interface ViewSpec {
  /** An accepting rule and a denying one never share a group: see `AddressGroups`. */
  readonly role: Role;
  readonly vantage: Vantage;
  /** For how long after its deletion was asked for a group keeps a pod: 0 not at all, Infinity until the pod is gone. */
  readonly graceSeconds: number;
  /** Said as a whole, whoever is in them; of the pods only those outside are then members by themselves. */
  readonly networks: readonly string[];
  /** Where to, at a vantage where sources differ by that; absent: everywhere. */
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
  /** Its id, as the rules have it that name it. */
  readonly asSources: readonly string[];
  /** As of `seen`, which the set had as its members then; undefined: nobody has asked. */
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
