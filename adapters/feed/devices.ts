/** What a kind of device takes in of a feed. */
export interface DeviceKind {
  /** How it wants names in the destination of a rule; `none`: it cannot decide by a name that comes from a feed. */
  readonly names: 'domain' | 'url' | 'none';
  /** Lists of addresses: one text for each list, or one document with all of them. */
  readonly format: 'text' | 'check-point' | 'fortigate';
  readonly ipv6: boolean;
  /** The shortest time between two fetches that it can be set to, seconds. */
  readonly minIntervalSeconds: number;
  /** Entries of one list; longer ones are divided. */
  readonly maxPerList: number;
  /** Addresses of all lists together. */
  readonly maxEntries: number;
  /** Lists. */
  readonly maxLists: number;
}

export const deviceKinds = [
  'pan-os',
  'fortigate',
  'fortigate-generic-address',
  'check-point',
  'check-point-network-feed',
  'cisco',
  'generic',
] as const;
export type DeviceKindName = (typeof deviceKinds)[number];

export const unlimited = Number.MAX_SAFE_INTEGER;
const text = {
  names: 'none',
  format: 'text',
  ipv6: true,
  minIntervalSeconds: 60,
  maxPerList: unlimited,
  maxEntries: unlimited,
  maxLists: unlimited,
} as const satisfies DeviceKind;

/** Limits of the smallest models; `maxEntries` of a consumer tells of a larger one. */
export const devices: Readonly<Record<DeviceKindName, DeviceKind>> = {
  // https://docs.paloaltonetworks.com/pan-os/7-1/pan-os-web-interface-help/objects/objects-external-dynamic-lists.html
  'pan-os': { ...text, names: 'url', minIntervalSeconds: 300, maxEntries: 50_000, maxLists: 30 },
  // Before 7.4.4: 128K entries of a resource. From then on 300,000 addresses in all:
  // https://docs.fortinet.com/document/fortigate/7.4.0/new-features/677896/external-resource-entry-limit-enhancements-7-4-4
  fortigate: { ...text, maxPerList: 131_072, maxEntries: 300_000 },
  // https://docs.fortinet.com/document/fortigate/7.6.3/administration-guide/175996
  'fortigate-generic-address': { ...text, format: 'fortigate', ipv6: false, maxPerList: 100_000, maxEntries: 300_000 },
  // sk167210: at least ten seconds between two scans.
  'check-point': { ...text, format: 'check-point', minIntervalSeconds: 10 },
  // https://sc1.checkpoint.com/documents/R81.20/WebAdminGuides/EN/CP_R81.20_SecurityManagement_AdminGuide/Content/Topics-SECMG/Network_Feed.htm
  'check-point-network-feed': { ...text, names: 'domain' },
  // An entry of its DNS and URL lists matches every name below, too: it would be wider.
  // https://docs.defenseorchestrator.com/cdfmc/c_custom_security_intelligence_lists_2.html
  cisco: { ...text, minIntervalSeconds: 1_800 },
  generic: { ...text, names: 'domain', minIntervalSeconds: 1 },
};
