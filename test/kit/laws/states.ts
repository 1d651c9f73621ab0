import type { DesiredState, Rule } from '../../../src/core/model/desired.ts';
import { anOrigin, aRule } from '../builders.ts';
import { aDenyingRule, stateOf } from '../universe.ts';

/* Desired states that several laws tell their story with. */

const https = [{ port: 443, protocol: 'TCP' }] as const;
const base = { ports: https, sources: ['a00000000001'] };

const payments = aRule({ ...base, id: '100000000001', to: ['203.0.113.0/24'] });
const mirror = aRule({ ...base, id: '100000000002', sources: ['a00000000002'], to: ['198.51.100.0/24'] });
const archive = aDenyingRule({ sources: ['d00000000001'], to: ['203.0.113.0/25'], ports: [] });

/** One denying rule above two accepting ones; an accepting group each, and a denying one. */
export const monday: DesiredState = stateOf(
  [archive, payments, mirror],
  new Map([
    ['a00000000001', ['10.0.0.1', '10.0.0.2', '2001:db8::1']],
    ['a00000000002', ['10.0.0.3']],
    ['d00000000001', ['10.0.0.2']],
  ]),
);

/** Everything that can change has changed: members, destinations, the denying rule, the order; one rule came, one went. */
export const tuesday: DesiredState = stateOf(
  [
    aRule({ ...base, id: '100000000003', sources: ['a00000000002'], to: ['203.0.113.0/24'] }),
    aDenyingRule({ sources: ['d00000000001'], to: ['198.51.100.0/24'], ports: [] }),
    aRule({ ...base, id: '100000000001', to: ['198.51.100.0/24'] }),
  ],
  new Map([
    ['a00000000001', ['10.0.0.2', '10.0.0.3']],
    ['a00000000002', ['10.0.0.1', '2001:db8::1']],
    ['d00000000001', ['10.0.0.3']],
  ]),
);

/** Two addresses may go anywhere, but one of them not to one network. */
export const sealed: DesiredState = stateOf(
  [
    aDenyingRule({ sources: ['d00000000001'], to: ['203.0.113.0/24'] }),
    aRule({ sources: ['a00000000001'], to: 'any' }),
  ],
  new Map([
    ['a00000000001', ['10.0.0.1', '10.0.0.2']],
    ['d00000000001', ['10.0.0.1']],
  ]),
);

/** A group for each of these addresses, and a rule that lets it out. */
export function oneGroupEach(addresses: readonly string[]): DesiredState {
  const ids = addresses.map((_, index) => `a${String(index).padStart(11, '0')}`);
  return stateOf(
    ids.map((id, index) => aRule({ ...base, id: `1${String(index).padStart(11, '0')}`, sources: [id] })),
    new Map(ids.map((id, index) => [id, [addresses[index] ?? '']])),
  );
}

/** One accepting group with these members, let out to one network. */
export function oneGroup(members: readonly string[]): DesiredState {
  return stateOf([payments], new Map([['a00000000001', members]]));
}

/** Two namespaces: in `shop` one policy denies a part of what another permits, `bank` permits something of its own. */
function twoNamespaces(
  denying: boolean,
  shop: readonly string[],
  bank: readonly string[],
  baseline: readonly Rule[],
): DesiredState {
  const rules = [
    ...(denying ? [{ ...archive, origin: anOrigin({ name: 'no-archive' }) }] : []),
    payments,
    { ...mirror, origin: anOrigin({ namespace: 'bank', name: 'mirror' }) },
    ...baseline,
  ];
  return stateOf(
    rules,
    new Map([
      ['a00000000001', shop],
      ['a00000000002', bank],
      ['a00000000003', ['10.0.0.1', '10.0.0.3']],
      ['d00000000001', shop],
    ]),
  );
}

const rulesOfBank = Array.from({ length: 20 }, (_, at) => {
  const [id, origin] = [`2${String(at).padStart(11, '0')}`, anOrigin({ namespace: 'bank', name: `partner-${at}` })];
  return aRule({ ...base, id, sources: ['a00000000002'], to: [`192.0.2.${at}/32`], origin });
});

/** Of two namespaces `bank` takes back all that it permitted, while `shop` lets one pod go and permits something new. */
export const unburdened = {
  before: stateOf(
    [payments, ...rulesOfBank],
    new Map([
      ['a00000000001', ['10.0.0.1', '10.0.0.2']],
      ['a00000000002', ['10.0.0.3']],
    ]),
  ),
  after: stateOf([payments, { ...mirror, sources: ['a00000000001'] }], new Map([['a00000000001', ['10.0.0.1']]])),
};

const company = { kind: 'ClusterEgressPolicy', namespace: '', name: 'company', tier: 'Baseline' } as const;
const forAll = { sources: ['a00000000003'], ports: [], origin: anOrigin(company) };
/** What the company permits to all; the day after, also where `shop` may not go. */
const first = [aRule({ ...forAll, id: '100000000004', to: ['198.51.100.0/24'] })];
const both = [...first, aRule({ ...forAll, id: '100000000005', to: ['203.0.113.0/24'] })];

/** A pod of each namespace, the day after also a second one of each. */
export const readable = {
  monday: twoNamespaces(true, ['10.0.0.1'], ['10.0.0.3'], first),
  tuesday: twoNamespaces(true, ['10.0.0.1', '10.0.0.2'], ['10.0.0.3', '2001:db8::1'], both),
};

/** The day after, for a process that was started since and cannot read the denying policy. */
export const unreadable: DesiredState = {
  ...twoNamespaces(false, ['10.0.0.1', '10.0.0.2'], ['10.0.0.3', '2001:db8::1'], both),
  withheld: [{ namespace: 'shop', policies: ['no-archive'], members: ['10.0.0.1', '10.0.0.2'] }],
};
