import type { Port } from '../../api/fields/destination.ts';
import type { LabelSelector } from '../../api/fields/selector.ts';

/** What a matching flow meets at an enforcement point: there is no `Pass` here, the compiler has flattened it. */
export type Verdict = 'Accept' | 'Deny';

/**
 * What rules with this group do. Groups of accepting rules and groups of denying rules are kept apart even when their
 * selectors are equal, so that taking an address out of an accepting group, or putting one into a denying group,
 * only ever narrows what the device permits (see docs/decisions).
 */
export type Role = Verdict;

/** The workloads of a group as selectors, all of which must match, for a point that selects workloads itself. */
export interface GroupSubject {
  /** The namespaces in which it is about pods at all: those that exist, that it selects, and that the point covers. Sorted. */
  readonly namespaces: readonly string[];
  /** Set: pods of this one namespace, and `namespaceSelector` is empty. */
  readonly namespace?: string;
  readonly namespaceSelector: LabelSelector;
  readonly podSelector: LabelSelector;
  /** `namespace/name`, sorted, never empty; absent: whichever. */
  readonly serviceAccounts?: readonly string[];
}

/** A set of source addresses, or at vantage Identity of identities, that follows pods. */
export interface AddressGroup {
  /** Stable for equal selectors, vantage and role: 12 hexadecimal digits. */
  readonly id: string;
  readonly role: Role;
  /** For people: `pods app=app-a in namespace test-app`. */
  readonly title: string;
  /**
   * Canonical addresses (`10.0.0.1`, `2001:db8::1`) and, for static sources, canonical CIDRs; at vantage Identity the
   * `namespace/serviceaccount` of the live pods that it is for; at vantage Labels nothing. Sorted. May be empty: then it is nothing, never any.
   */
  readonly members: readonly string[];
  /** At vantages Identity and Labels, and only there. */
  readonly subject?: GroupSubject;
}

/**
 * Where a rule lets flows go, or stops them. `any` is every address and every name; otherwise the union of the names
 * and the networks, of which at least one is given. Names are allow-only except where a flattened `Pass` closes.
 */
export interface Destination {
  readonly any: boolean;
  /** Lower case, no trailing dot; `*.example.com` is one or more whole labels below, not the apex. Sorted. */
  readonly names: readonly string[];
  /** Canonical CIDRs, host bits zero. Sorted. */
  readonly networks: readonly string[];
}

/** The object a rule comes from. */
export interface Origin {
  readonly kind: 'EgressPolicy' | 'ClusterEgressPolicy' | 'EnforcementPoint';
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly tier: 'Admin' | 'Namespace' | 'Baseline' | 'Default';
  /** Field inside the object, `spec.to[0]`, `spec.egress[1].to[0]`. */
  readonly field: string;
  /** The ExternalService the destination was taken from, if any. */
  readonly externalService?: string;
  /** Set on a rule that stands where a `Pass` handed the flow down: the policy and rule that passed. */
  readonly via?: string;
  /** When the object was created, by the API server (RFC 3339); absent where that is not known. */
  readonly createdAt?: string;
  /** Who changed the object last, by the API server's record, and when (RFC 3339); absent where that is not known. */
  readonly changedBy?: { readonly manager: string; readonly at: string };
  /** Who approved this generation; absent if no approval was needed. */
  readonly approvedBy?: ApprovedBy;
}

/** The EgressApproval by which something is in force. */
export interface ApprovedBy {
  readonly approver: string;
  /** Name of the EgressApproval. */
  readonly approval: string;
  /** When the API server took it (RFC 3339); absent where that is not known. */
  readonly at?: string;
  /** RFC 3339. */
  readonly until: string;
  readonly breakGlass?: true;
}

export interface Rule {
  /**
   * Unique within the desired state. An accepting rule keeps its id while its content changes (the device updates it in
   * place); a denying rule's id changes with its content (the new one stands before the old one goes). 12 hexadecimal digits.
   */
  readonly id: string;
  readonly action: Verdict;
  /** Group ids of the rule's own role; the source is their union. */
  readonly sources: readonly string[];
  readonly destination: Destination;
  /** Empty means every protocol and port. */
  readonly ports: readonly Port[];
  /** The application speaks plain HTTP, and the egress gateway originates TLS to the destination (`tls: Originate`). */
  readonly originate?: true;
  readonly log: boolean;
  /** A named inspection profile, mapped by the enforcement point's config. */
  readonly profile?: string;
  /** RFC 3339; devices that can end a rule by themselves are told. */
  readonly expiresAt?: string;
  readonly origin: Origin;
}

/** What one enforcement point should enforce: device-neutral, ordered, first match wins. */
export interface DesiredState {
  readonly point: string;
  /** Applies to flows of covered workloads that no rule matches. */
  readonly defaultAction: Verdict;
  /** Sorted by id; every group that a rule names, and no other. */
  readonly groups: readonly AddressGroup[];
  readonly rules: readonly Rule[];
  /** At vantages Identity and Labels, and only there: the namespaces that the point covers, sorted. */
  readonly namespaces?: readonly string[];
  /** Namespaces with a policy that could not be read: what it denies must stay denied. Sorted. */
  readonly withheld?: readonly WithheldNamespace[];
}

/** A namespace to which nothing new is permitted, and who is in it. */
export interface WithheldNamespace {
  readonly namespace: string;
  /** Names of its policies that cannot be read, sorted. */
  readonly policies: readonly string[];
  /** Addresses that its live pods have to themselves; at vantage Identity who they are. Sorted. */
  readonly members: readonly string[];
}

/** What a point enforces that no policy speaks of. */
export function nothingDesired(point: string, defaultAction: Verdict = 'Deny'): DesiredState {
  return { point, defaultAction, groups: [], rules: [] };
}

/** What changed in one group since the last desired state that was handed out. */
export interface GroupDelta {
  readonly id: string;
  readonly role: Role;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}
