/** How a kind of device treats what it fetches, from its vendor's documentation. */
export interface Behaviour {
  /** What it fetches: a text for each list, or one document with all. */
  readonly reads: 'text' | 'check-point' | 'fortigate';
  /** The list of names that its rules can use. */
  readonly names: 'domains' | 'urls' | 'none';
  /** A credential that is refused: it goes on with what it had, or enforces the list no more. */
  readonly whenRefused: 'keeps' | 'forgets';
  /** A list in which it recognises nothing: it goes on with what it had, or the list is empty. */
  readonly whenUnreadable: 'keeps' | 'empties';
  readonly followsRedirects: boolean;
  /** Entries of one list, and of all: what comes after is left out without a word. */
  readonly mostPerList: number;
  readonly mostInAll: number;
  readonly leastIntervalSeconds: number;
}

const text = {
  reads: 'text',
  names: 'none',
  whenRefused: 'keeps',
  whenUnreadable: 'empties',
  followsRedirects: false,
  mostPerList: Infinity,
  mostInAll: Infinity,
  leastIntervalSeconds: 60,
} as const satisfies Behaviour;

export const behaviours: Readonly<Record<string, Behaviour>> = {
  // https://docs.paloaltonetworks.com/pan-os/11-0/pan-os-admin/policy/use-an-external-dynamic-list-in-policy/external-dynamic-list
  'pan-os': { ...text, names: 'urls', whenRefused: 'forgets', mostInAll: 50_000, leastIntervalSeconds: 300 },
  // https://docs.fortinet.com/document/fortigate/7.6.2/administration-guide/9463/external-feeds
  fortigate: { ...text, followsRedirects: true, mostPerList: 131_072 },
  'fortigate-generic-address': { ...text, reads: 'fortigate', mostPerList: 100_000 },
  // sk167210
  'check-point': { ...text, reads: 'check-point', whenUnreadable: 'keeps', leastIntervalSeconds: 10 },
  // https://sc1.checkpoint.com/documents/R81.20/WebAdminGuides/EN/CP_R81.20_SecurityManagement_AdminGuide/Content/Topics-SECMG/Network_Feed.htm
  'check-point-network-feed': { ...text, names: 'domains', whenUnreadable: 'keeps' },
  // https://manualsbrain.com/en/manuals/1704097/?page=149: a feed without a recognisable address leaves the old one in use.
  cisco: { ...text, whenUnreadable: 'keeps', leastIntervalSeconds: 1_800 },
  generic: { ...text, names: 'domains', followsRedirects: true, leastIntervalSeconds: 1 },
};
