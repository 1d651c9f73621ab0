import type { ObjectAt } from '../../core/audit/history.ts';
import type { Rule } from '../../core/model/desired.ts';
import { grouped } from '../../core/model/grouped.ts';
import type { RecordedState } from '../record/recorded-state.ts';
import type { LiveReading } from '../rules/in-force.ts';

/** A rule of the desired state, which `anObject` stands for on the device. */
export function aDesiredRule(fields: Partial<Rule> = {}): Rule {
  return {
    id: 'r1',
    action: 'Accept',
    sources: ['g1'],
    destination: { any: false, names: ['api.example.com'], networks: [] },
    ports: [{ port: 443, protocol: 'TCP' }],
    log: false,
    origin: {
      kind: 'EgressPolicy',
      namespace: 'shop',
      name: 'a',
      uid: 'u',
      generation: 1,
      tier: 'Namespace',
      field: '',
    },
    ...fields,
  };
}

export function anObject(fields: Partial<ObjectAt> = {}): ObjectAt {
  return {
    kind: 'policy',
    name: 'p1',
    id: 'r1',
    title: '',
    policies: [],
    rule: {
      action: 'Accept',
      sources: ['g1'],
      destination: { any: false, names: ['api.example.com'], networks: [] },
      ports: 'TCP 443',
    },
    members: new Set(),
    exact: true,
    since: '2026-01-01T00:00:00Z',
    changedAt: '2026-01-01T00:00:00Z',
    reason: 'policy-changed',
    confirmedAt: '2026-01-02T00:00:00Z',
    ...fields,
  };
}

export function aGroupObject(members: readonly string[], fields: Partial<ObjectAt> = {}): ObjectAt {
  return anObject({ kind: 'group', name: 'g', id: 'g1', rule: undefined, members: new Set(members), ...fields });
}

/** Rules are at their places in the order in which they are given. */
export function aRecord(objects: readonly ObjectAt[], fields: Partial<RecordedState> = {}): RecordedState {
  const rules = objects.filter(({ rule }) => rule !== undefined);
  return {
    adapter: 'fortigate',
    records: 1,
    from: '',
    to: '',
    hash: '',
    holes: [],
    byId: grouped(objects.map((object) => [object.id, object])),
    uncertain: [],
    lastRead: { at: '2026-01-02T00:00:00Z', complete: true, differences: 0 },
    verifiedAt: ({ confirmedAt }) => confirmedAt,
    differs: () => false,
    rankOf: (object) => (rules.includes(object) ? rules.indexOf(object) : undefined),
    ...fields,
  };
}

/** The device has everything, and its data plane too. */
export function aReading(fields: Partial<LiveReading> = {}): LiveReading {
  return {
    at: '2026-01-03T00:00:00Z',
    version: '7.4',
    complete: true,
    state: 'live',
    evidence: 'checksum 1',
    differences: 0,
    differing: new Set(),
    hits: undefined,
    ...fields,
  };
}
