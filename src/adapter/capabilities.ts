/** What one device can do and how much it holds: data, not code. Probed facts may only tighten an adapter's static ones. */
export interface Capabilities {
  /** Version as the device tells it; empty before the probe. */
  readonly version: string;
  /** What a group of addresses can stand for in a rule; empty: there are no groups, rules name what they are about themselves. */
  readonly groupsAs: readonly ('source' | 'destination')[];
  /**
   * What a group without members means: no source; every source; the rule is ignored; or the device refuses the group. Unless
   * it is `nothing`, the adapter keeps a member in it that no packet has.
   */
  readonly emptyGroup: 'nothing' | 'any' | 'rule-skipped' | 'refused';
  /** How members change: what differs is sent, the whole list is, or they are a part of the rules. */
  readonly memberUpdates: 'delta' | 'replace' | 'inline';
  /** What a write has to show: nothing, the token that came with the reading, or that nobody else holds the document. */
  readonly lock: 'none' | 'token' | 'document';
  readonly domainNames: 'none' | 'exact' | 'wildcard';
  /** Can several changes become visible at one instant? */
  readonly transactions: boolean;
  /** Members that one native group holds; larger groups are sharded. */
  readonly maxMembersPerGroup: number;
  /** Objects per table, where the device tells: `{ 'firewall/address': 20000 }`. */
  readonly maxObjects: Readonly<Record<string, number>>;
  /**
   * What a request that is at work keeps other requests from: everything on the target; objects of the same kind, as the
   * rules of one policy are; its own object only; or nothing, where a change of members may follow another of the same
   * object at once.
   */
  readonly serialised: 'target' | 'container' | 'object' | 'none';
  /** Members of one group that join, and that leave, in one request at most. Absent: however many. */
  readonly membersPerRequest?: number;
  /** What a change usually takes until it is in force, in seconds. */
  readonly settleSeconds: number;
  /**
   * May `send` change members while `observe` or `live` is in progress, without reading anything first, and with several
   * `callsInFlight` also while another `send` is that moves none? Absent: no.
   */
  readonly sendWhileReading?: boolean;
  /**
   * Calls that change members, no address in two of them, and that the device deals with at once whichever it meets first;
   * `send` needs nothing that was read for them. 1: one at a time. Whatever the number, what a call was about is done when
   * it is answered. Absent: one, and it may leave something pending.
   */
  readonly callsInFlight?: number;
  /**
   * Of these, calls that change what groups hold; the others make and delete objects that no group holds. Absent: all.
   */
  readonly memberCallsInFlight?: 1;
  /** Choices the adapter made from what it probed, each with its reason: shown in status and plan. */
  readonly choices: Readonly<Record<string, { readonly value: string; readonly reason: string }>>;
}
