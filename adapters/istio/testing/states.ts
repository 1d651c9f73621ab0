import fc from 'fast-check';
import type { MeshClient, MeshTarget } from '../../../src/verify/mesh/answer.ts';
import type { AddressGroup, DesiredState, Role, Rule } from '../../../src/core/model/desired.ts';
import { aRule } from '../../../test/kit/builders.ts';
import { aSubject, namespaces, type Flow } from './world.ts';

/*
 * Small desired states that have much in common, and every flow of the world they are about.
 */

const accounts = ['news/reader', 'shop/checkout', 'shop/default'] as const;
const strangers = ['shop/unknown', 'stranger/checkout'] as const;

const clients: readonly MeshClient[] = [...accounts, ...strangers].map((account) => {
  const [namespace = '', serviceAccount = ''] = account.split('/');
  return { namespace, serviceAccount, podLabels: {}, meshed: 'sidecar' };
});

const hosts = [
  'api.example.com',
  'pay.example.com',
  'www.example.org',
  'a.example.org',
  'b.example.org',
  'unknown.example.net',
];
const spoken = [
  { port: 443, appProtocol: 'tls' },
  { port: 80, appProtocol: 'http' },
  { port: 5432, appProtocol: 'tcp' },
] as const;
const targets: readonly MeshTarget[] = [
  ...hosts.flatMap((host) => spoken.map((how): MeshTarget => ({ host, protocol: 'TCP', ...how }))),
  ...['203.0.113.5', '203.0.113.77'].map((address): MeshTarget => ({
    address,
    protocol: 'TCP',
    port: 5432,
    appProtocol: 'tcp',
  })),
];

/** A stranger's namespace is not covered: what becomes of its flows is not the point's affair, but it never gets what others may. */
export const flows: readonly Flow[] = clients
  .filter(({ namespace }) => namespaces.includes(namespace))
  .flatMap((client) => targets.map((target) => ({ client, target })));

const group = (id: string, role: Role, fields: Partial<AddressGroup>): AddressGroup => ({
  id,
  role,
  title: id,
  members: [],
  ...fields,
});

/** Subjects of each kind: a namespace, all workloads, one ServiceAccount, and pods by label, which come and go. */
function groupsOf(role: Role, live: readonly string[]): readonly AddressGroup[] {
  const letter = role === 'Accept' ? 'a' : 'd';
  return [
    group(`${letter}00000000001`, role, { subject: aSubject({ namespace: 'shop' }), members: ['shop/checkout'] }),
    group(`${letter}00000000002`, role, { subject: aSubject(), members: [...accounts] }),
    group(`${letter}00000000003`, role, { subject: aSubject({ serviceAccounts: ['shop/checkout'] }) }),
    group(`${letter}00000000004`, role, {
      subject: aSubject({ podSelector: { matchLabels: { app: 'x' } } }),
      members: live,
    }),
  ];
}

type Where = Pick<Rule, 'ports'> & { readonly to: 'any' | readonly string[]; readonly originate?: true };
const tls: Rule['ports'] = [{ port: 443, protocol: 'TCP', appProtocol: 'tls' }];
const http: Rule['ports'] = [{ port: 80, protocol: 'TCP', appProtocol: 'http' }];
const tcp: Rule['ports'] = [{ port: 5432, protocol: 'TCP', appProtocol: 'tcp' }];

const accepted = fc.constantFrom<Where>(
  { to: ['api.example.com'], ports: tls },
  { to: ['api.example.com'], ports: [...tls, ...http] },
  { to: ['api.example.com'], ports: [{ port: 443, protocol: 'TCP', appProtocol: 'http' }] },
  { to: ['api.example.com', 'www.example.org'], ports: http },
  { to: ['www.example.org'], ports: tls },
  { to: ['*.example.org'], ports: tls },
  { to: ['a.example.org'], ports: tcp },
  { to: ['pay.example.com'], ports: tls, originate: true },
  { to: ['pay.example.com'], ports: tls },
  { to: ['203.0.113.5/32'], ports: tcp },
  { to: ['203.0.113.0/24'], ports: tcp },
  { to: 'any', ports: [] },
);
const denied = fc.constantFrom<Where>(
  { to: ['api.example.com'], ports: [] },
  { to: ['b.example.org'], ports: tls },
  { to: ['203.0.113.5/32'], ports: [] },
  { to: ['203.0.113.64/26'], ports: tcp },
  { to: 'any', ports: [] },
);

const acceptSlots = ['100000000001', '100000000002', '100000000003', '100000000004'];

function rulesOf(role: Role, ids: readonly string[], where: fc.Arbitrary<Where>): fc.Arbitrary<readonly Rule[]> {
  const letter = role === 'Accept' ? 'a' : 'd';
  const sources = ['1', '2', '3', '4'].map((digit) => `${letter}0000000000${digit}`);
  return fc
    .array(fc.tuple(fc.subarray(sources, { minLength: 1, maxLength: 2 }), where), { maxLength: ids.length })
    .map((list) =>
      list.map(([from, { to, ...rest }], at) => aRule({ id: ids[at] ?? '', action: role, sources: from, to, ...rest })),
    );
}

export const states: fc.Arbitrary<DesiredState> = fc
  .tuple(
    rulesOf('Accept', acceptSlots, accepted),
    rulesOf('Deny', ['d1', 'd2'], denied),
    fc.subarray([...accounts]),
    fc.subarray([...accounts]),
  )
  .chain(([accepting, denying, live, stopped]) => {
    const rules = [...accepting, ...denying];
    const groups = [...groupsOf('Accept', live), ...groupsOf('Deny', stopped)];
    return fc.shuffledSubarray(rules, { minLength: rules.length }).map((ordered) => ({
      point: 'mesh',
      defaultAction: 'Deny' as const,
      groups: groups.filter(({ id }) => ordered.some(({ sources }) => sources.includes(id))),
      rules: ordered,
      namespaces,
    }));
  });
