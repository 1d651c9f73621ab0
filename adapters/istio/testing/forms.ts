import type { DesiredState, Rule } from '../../../src/core/model/desired.ts';
import { aGroup, aRule } from '../../../test/kit/builders.ts';
import { aSubject, namespaces } from './world.ts';

/*
 * One rule of every form that a mesh knows, to be lowered alone or together.
 */

const shop = {
  ...aGroup({ id: 'a00000000001', members: ['shop/checkout'] }),
  subject: aSubject({ namespace: 'shop' }),
};
const checkout = {
  ...aGroup({ id: 'a00000000002', members: [] }),
  subject: aSubject({ namespace: 'shop', serviceAccounts: ['shop/checkout'] }),
};
const byLabel = {
  ...aGroup({ id: 'a00000000003', members: ['news/reader', 'shop/checkout'] }),
  subject: aSubject({ podSelector: { matchLabels: { app: 'reader' } } }),
};
const everybody = { ...aGroup({ id: 'a00000000004', members: ['news/reader', 'shop/checkout'] }), subject: aSubject() };
const unwanted = {
  ...aGroup({ id: 'd00000000001', role: 'Deny', members: [] }),
  subject: aSubject({ serviceAccounts: ['shop/intern'] }),
};
const groups = [shop, checkout, byLabel, everybody, unwanted];

type Short = Omit<Parameters<typeof aRule>[0] & object, 'id'>;
const tls: Rule['ports'] = [{ port: 443, protocol: 'TCP', appProtocol: 'tls' }];
const http: Rule['ports'] = [{ port: 80, protocol: 'TCP', appProtocol: 'http' }];

/** By what it shows. */
export const forms: Readonly<Record<string, Short>> = {
  'tls-passthrough': { sources: [checkout.id], to: ['api.stripe.com'], ports: tls },
  'plain-http': { sources: [shop.id], to: ['mirror.example.org'], ports: http },
  'tls-origination': { sources: [checkout.id], to: ['payments.example.com'], ports: tls, originate: true },
  'opaque-tcp': { sources: [byLabel.id], to: ['db.example.net'], ports: [{ port: 5432, protocol: 'TCP' }] },
  'single-address': { sources: [everybody.id], to: ['203.0.113.20/32'], ports: [{ port: 9443, protocol: 'TCP' }] },
  network: { sources: [shop.id], to: ['198.51.100.0/24'], ports: [{ port: 8443, protocol: 'TCP' }] },
  wildcard: { sources: [shop.id], to: ['*.wikipedia.org'], ports: tls },
};

export function formed(names: readonly string[], before: readonly Rule[] = []): DesiredState {
  const rules = [
    ...before,
    ...names.map((name) => aRule({ ...forms[name], id: `10000000000${Object.keys(forms).indexOf(name) + 1}` })),
  ];
  const used = new Set(rules.flatMap(({ sources }) => sources));
  return { point: 'mesh', defaultAction: 'Deny', groups: groups.filter(({ id }) => used.has(id)), rules, namespaces };
}

/** Stands before what would accept the ServiceAccount shop/intern there. */
export function denying(to: 'any' | readonly string[]): Rule {
  return aRule({ id: 'd00000000009', action: 'Deny', sources: [unwanted.id], to, ports: [] });
}
