import type { PointEntry, Report, RuleEntry } from '../report.ts';

/** A rule about which everything is known and nothing needs attention. */
export function aRule(fields: Partial<RuleEntry> = {}): RuleEntry {
  return {
    point: 'edge',
    position: 1,
    id: 'r1',
    deviceRules: ['postern-r1'],
    action: 'Accept',
    sources: ['g1'],
    subject: 'shop/checkout',
    who: [{ namespace: 'shop', workload: 'Deployment/checkout', serviceAccount: 'checkout' }],
    addresses: 2,
    destination: { any: false, names: ['api.example.com'], networks: [] },
    ports: [{ port: 443, protocol: 'TCP' }],
    policy: {
      kind: 'EgressPolicy',
      namespace: 'shop',
      name: 'checkout',
      uid: 'u1',
      generation: 3,
      field: 'spec.to[0]',
      tier: 'Namespace',
      via: '',
    },
    service: '',
    governance: {
      owner: 'team-shop',
      justification: 'payments',
      ticket: 'SHOP-1',
      expiresAt: '',
      reviewBy: '',
      serviceOwner: '',
      serviceJustification: '',
      serviceTicket: '',
    },
    log: false,
    profile: '',
    changedBy: { manager: 'kubectl', at: '2026-01-01T00:00:00Z' },
    since: '2026-01-01T00:00:00.000Z',
    changedAt: '2026-01-02T00:00:00.000Z',
    changeReason: 'policy-changed',
    verifiedAt: '2026-01-03T00:00:00.000Z',
    live: { state: 'yes', reason: 'read back at 2026-01-03T00:00:00.000Z' },
    hits: { count: 7, first: '2026-01-02T00:00:00Z', last: '2026-01-03T00:00:00Z' },
    mesh: [{ point: 'mesh', objects: ['ServiceEntry shop/api'] }],
    losses: [],
    flags: [],
    ...fields,
  };
}

export function aPointEntry(fields: Partial<PointEntry> = {}): PointEntry {
  return {
    name: 'edge',
    adapter: 'fortigate',
    mode: 'Enforce',
    version: '7.4.5',
    inMesh: false,
    defaultAction: 'Deny',
    assumes: [],
    rules: 1,
    live: 1,
    notLive: 0,
    unknown: 0,
    flagged: 0,
    drift: { at: '2026-01-03T00:00:00.000Z', complete: true, differences: 0 },
    groups: [{ id: 'g1', title: 'shop/checkout', addresses: ['10.0.0.1', '10.0.0.2'], exact: true }],
    record: {
      records: 9,
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-01-03T00:00:00.000Z',
      hash: 'ab12',
      chain: 'intact',
      faults: 0,
      unsettled: 0,
    },
    ...fields,
  };
}

export function aReport(fields: Partial<Report> = {}): Report {
  const about = '2026-01-04T00:00:00.000Z';
  const made = {
    at: about,
    version: '0.1.0',
    about,
    from: 'cluster',
    inputs: ['east'],
    record: 'audit',
    live: true,
  } as const;
  return { made, points: [aPointEntry()], rules: [aRule()], problems: [], ...fields };
}
