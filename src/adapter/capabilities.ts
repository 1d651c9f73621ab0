/** What one device can do and how much it holds: data, not code. Probed facts may only tighten an adapter's static ones. */
export interface Capabilities {
  /** Version as the device tells it; empty before the probe. */
  readonly version: string;
  /** May a group be without members, meaning nothing? Otherwise the adapter keeps a sentinel in it. */
  readonly emptyGroups: boolean;
  readonly ipv6: boolean;
  readonly domainNames: 'none' | 'exact' | 'wildcard';
  /** Can several changes become visible at one instant? */
  readonly transactions: boolean;
  /** Members that one native group holds; larger groups are sharded. */
  readonly maxMembersPerGroup: number;
  /** Objects per table, where the device tells: `{ 'firewall/address': 20000 }`. */
  readonly maxObjects: Readonly<Record<string, number>>;
  /**
   * What a request that is at work keeps other requests from: everything on the target; objects of the same kind, as the
   * rules of one policy are; or its own object only.
   */
  readonly serialised: 'target' | 'container' | 'object';
  /** What a change usually takes until it is in force, in seconds. */
  readonly settleSeconds: number;
  /** Can the device count hits per rule? */
  readonly hitCounters: boolean;
  /** Can the device end a rule by itself? */
  readonly expiry: boolean;
  /** May `send` change members while `observe` or `live` is under way, without reading anything first? Absent: no. */
  readonly sendWhileReading?: boolean;
  /** Choices the adapter made from what it probed, each with its reason: shown in status and plan. */
  readonly choices: Readonly<Record<string, { readonly value: string; readonly reason: string }>>;
}
