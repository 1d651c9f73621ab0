/** What one FortiOS version does and does not; everything that differs between versions is asked of this. */
export interface Profile {
  /** `v7.4.4` */
  readonly version: string;
  /** Is it this version, `7.2.4`, or a later one? */
  readonly from: (version: string) => boolean;
  readonly build: number;
  /** A group without members is allowed since 7.2.0. */
  readonly emptyGroups: boolean;
  /** `external-resource` with `update-method push`, since 7.2.1. */
  readonly pushFeed: boolean;
  /** `external-resource` of type `generic-address`, since 7.6.1. */
  readonly genericAddress: boolean;
  readonly transactions: boolean;
  /** `transaction-show`, since 7.4.1. */
  readonly transactionShow: boolean;
  /** Longest name of an address, a group or a service. */
  readonly nameSize: number;
  /** `size`, `matched_count`, `next_idx`, `limit_reached` in lists. */
  readonly listMetadata: boolean;
  /** HTTP status of a refused write; older builds say 424 Failed Dependency. */
  readonly refusedStatus: 424 | 500;
  /** Monitor reads end in `/select`. */
  readonly monitorSelect: boolean;
  readonly unauthorizedBody: 'html' | 'json';
  /** Feed entries: per feed before 7.4.4, on the whole device from then on. */
  readonly feedEntries: { readonly scope: 'feed' | 'device'; readonly limit: number };
  /** A token in the URL is accepted unless told otherwise, until 7.4.5. */
  readonly tokenInUrl: boolean;
}

const builds: Readonly<Record<string, readonly [string, number]>> = {
  '6.4': ['6.4.14', 2093],
  '7.0': ['7.0.14', 601],
  '7.2': ['7.2.8', 1639],
  '7.4': ['7.4.4', 2662],
  '7.6': ['7.6.5', 3651],
};

const defaultVersion = '7.4';

/**
 * The profile of `7.4` (its last known patch) or of an exact version, `7.2.0`.
 * @throws RangeError for a version this simulator does not know.
 */
export function profileOf(version: string = defaultVersion): Profile {
  const wanted = version.replace(/^v/, '');
  const [line] = /^\d+\.\d+/.exec(wanted) ?? [''];
  const known = builds[line];
  if (known === undefined || !/^\d+\.\d+(\.\d+)?$/.test(wanted)) {
    throw new RangeError(`FortiOS ${version} is not simulated; known: ${Object.keys(builds).join(', ')}`);
  }
  const exact = wanted === line ? known[0] : wanted;
  const from = (version: string): boolean => rank(exact) >= rank(version);
  return {
    version: `v${exact}`,
    from,
    build: known[1],
    emptyGroups: from('7.2.0'),
    pushFeed: from('7.2.1'),
    genericAddress: from('7.6.1'),
    transactions: from('6.4.0'),
    transactionShow: from('7.4.1'),
    nameSize: from('7.0.0') ? 79 : 63,
    listMetadata: from('7.0.0'),
    refusedStatus: from('7.0.0') ? 500 : 424,
    monitorSelect: !from('7.0.0'),
    unauthorizedBody: from('7.2.0') ? 'json' : 'html',
    feedEntries: from('7.4.4') ? { scope: 'device', limit: 300_000 } : { scope: 'feed', limit: 131_072 },
    tokenInUrl: !from('7.4.5'),
  };
}

function rank(version: string): number {
  return version.split('.').reduce((sum, part) => sum * 100 + Number(part), 0);
}
