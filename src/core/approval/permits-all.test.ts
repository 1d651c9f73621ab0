import { expect, it } from 'vitest';
import type { EgressPolicy } from '../../api/kinds.ts';
import * as build from '../compile/testing/builders.ts';
import { permitsAll } from './permits-all.ts';

type Spec = Partial<EgressPolicy['spec']>;
const https = [{ port: 443, protocol: 'TCP' }] as const;
const text = (spec: Spec, labels: Readonly<Record<string, string>> = {}): EgressPolicy =>
  build.policy('shop/web', { subject: { allPods: true }, action: 'Accept', to: [], ...spec }, { labels });
const networks = (...list: string[]): Spec => ({ to: [{ networks: list, ports: [...https] }] });
const names = (...list: string[]): Spec => ({ to: [{ domainNames: list, ports: [...https] }] });

it.each<[string, Spec, Spec, boolean]>([
  ['the same', networks('192.0.2.0/24'), networks('192.0.2.0/24'), true],
  ['a wider network', networks('192.0.0.0/16'), networks('192.0.2.0/24'), true],
  ['a narrower network', networks('192.0.2.0/25'), networks('192.0.2.0/24'), false],
  ['of another family', networks('0.0.0.0/0'), networks('2001:db8::/32'), false],
  ['one more name', names('a.example.com', 'b.example.com'), names('a.example.com'), true],
  ['one name less', names('a.example.com'), names('a.example.com', 'b.example.com'), false],
  ['a wildcard above', names('*.example.com'), names('a.example.com'), true],
  ['no wildcard any more', names('a.example.com'), names('*.example.com'), false],
  ['every port', { to: [{ networks: ['192.0.2.0/24'], allPorts: true }] }, networks('192.0.2.0/24'), true],
  ['no longer every port', networks('192.0.2.0/24'), { to: [{ networks: ['192.0.2.0/24'], allPorts: true }] }, false],
  [
    'another protocol on top',
    { to: [{ domainNames: ['a.example.com'], ports: [{ ...https[0], appProtocol: 'tls' }] }] },
    { to: [{ domainNames: ['a.example.com'], ports: [{ ...https[0], appProtocol: 'tcp' }] }] },
    false,
  ],
  [
    'one more port, of another protocol on top',
    { to: [{ domainNames: ['a.example.com'], ports: [...https, { port: 80, protocol: 'TCP', appProtocol: 'http' }] }] },
    names('a.example.com'),
    true,
  ],
  [
    'a service with all its ports',
    { to: [{ externalService: 'a' }] },
    { to: [{ externalService: 'a', ports: [...https] }] },
    true,
  ],
  [
    'a service with fewer ports',
    { to: [{ externalService: 'a', ports: [...https] }] },
    { to: [{ externalService: 'a' }] },
    false,
  ],
  ['another service', { to: [{ externalService: 'b' }] }, { to: [{ externalService: 'a' }] }, false],
  ['other pods', { ...networks('192.0.2.0/24'), subject: { serviceAccounts: ['a'] } }, networks('192.0.2.0/24'), false],
  [
    'an end of its own',
    { ...networks('192.0.2.0/24'), governance: { expiresAt: '2027-01-01T00:00:00Z' } },
    networks('192.0.2.0/24'),
    false,
  ],
  ['another owner', { ...networks('192.0.2.0/24'), governance: { owner: 'b' } }, networks('192.0.2.0/24'), true],
  [
    'a wider Deny',
    { ...networks('192.0.0.0/16'), action: 'Deny' },
    { ...networks('192.0.2.0/24'), action: 'Deny' },
    false,
  ],
])('%s', (_, now, before, expected) => {
  expect(permitsAll(text(now), text(before))).toBe(expected);
});

it('where labels differ, another point may enforce it', () => {
  const spec = networks('192.0.2.0/24');
  expect(permitsAll(text(spec, { tier: 'a' }), text(spec, { tier: 'b' }))).toBe(false);
});
