import { describe, expect, it } from 'vitest';
import type { MeshAnswer, MeshClient, MeshTarget } from './answer.ts';
import { evaluateMesh } from './evaluate.ts';
import { checkout, meshOf, to, wholeMesh } from './testing/fixtures.ts';

const { judge } = evaluateMesh(meshOf(wholeMesh));

type Short = Pick<MeshAnswer, 'verdict' | 'certain' | 'path' | 'outside'>;

function short({ verdict, certain, path, outside }: MeshAnswer): Short {
  return { verdict, certain, path, outside };
}

const foreigner: Partial<MeshClient> = { serviceAccount: 'other' };
const stranger: Partial<MeshClient> = { namespace: 'elsewhere' };

/** client, target, verdict, way, what leaves */
const table: readonly [string, Partial<MeshClient>, MeshTarget, 'Accept' | 'Deny', MeshAnswer['path'], string][] = [
  ['TLS by a granted account', {}, to('api.stripe.test'), 'Accept', 'gateway', 'api.stripe.test:443'],
  ['TLS by another account', foreigner, to('api.stripe.test'), 'Deny', 'gateway', ''],
  ['TLS from a namespace it is not exported to', stranger, to('api.stripe.test'), 'Deny', 'none', ''],
  ['a host that nobody has registered', {}, to('evil.test'), 'Deny', 'none', ''],
  ['a port that is not registered', {}, to('api.stripe.test', 8443), 'Deny', 'none', ''],
  ['HTTP', {}, to('mirror.example.test', 80), 'Accept', 'gateway', 'mirror.example.test:80'],
  [
    'HTTP by a method that is granted',
    {},
    { ...to('mirror.example.test', 80), method: 'HEAD' },
    'Accept',
    'gateway',
    'mirror.example.test:80',
  ],
  ['HTTP by a method that is not', {}, { ...to('mirror.example.test', 80), method: 'POST' }, 'Deny', 'gateway', ''],
  ['HTTP on a path that is not', {}, { ...to('mirror.example.test', 80), path: '/etc' }, 'Deny', 'gateway', ''],
  [
    'TLS made by the gateway leaves through the target port',
    {},
    to('payments.example.test', 80),
    'Accept',
    'gateway',
    'payments.example.test:443',
  ],
  ['the TLS port of a host whose TLS the gateway makes', {}, to('payments.example.test'), 'Deny', 'none', ''],
  [
    'TCP by name',
    {},
    { ...to('db.example.test', 5432), address: '203.0.113.10' },
    'Accept',
    'gateway',
    'db.example.test:5432',
  ],
  [
    'TCP by address',
    {},
    { address: '203.0.113.10', port: 5432, protocol: 'TCP' },
    'Accept',
    'gateway',
    'db.example.test:5432',
  ],
  ['TCP to the next address', {}, { address: '203.0.113.11', port: 5432, protocol: 'TCP' }, 'Deny', 'none', ''],
  ['a pod that gets round its proxy', { meshed: 'none' }, to('evil.test'), 'Accept', 'direct', 'evil.test:443'],
  ['UDP, which no proxy catches', {}, { ...to('evil.test', 53), protocol: 'UDP' }, 'Accept', 'direct', 'evil.test:53'],
];

describe('a mesh with an egress gateway', () => {
  it.each(table)('judges %s', (_, client, target, ...[verdict, path, outside]) => {
    const answer = judge({ ...checkout, ...client }, target);
    const leaves = answer.verdict === 'Deny' ? '' : `${answer.outside.host}:${answer.outside.port}`;
    expect({ ...short(answer), outside: leaves }).toEqual({ verdict, certain: true, path, outside });
  });

  it('shows every layer that a flow passes, and the object that speaks for it', () => {
    const { steps, sourceSeenOutside, gateway } = judge(checkout, to('api.stripe.test'));
    expect({ sourceSeenOutside, gateway, steps: steps.map(({ layer, object }) => `${layer} ${object}`) }).toEqual({
      sourceSeenOutside: 'gateway',
      gateway: 'Service/istio-egress/egress',
      steps: [
        'sidecar VirtualService/istio-egress/api-stripe-test',
        'network-policy ',
        'gateway Gateway/istio-egress/api-stripe-test',
        'authorization AuthorizationPolicy/istio-egress/api-stripe-test',
        'gateway ServiceEntry/istio-egress/api-stripe-test',
        'network-policy ',
      ],
    });
  });

  it('ends with the layer that denies', () => {
    expect(judge({ ...checkout, ...foreigner }, to('api.stripe.test')).steps.at(-1)).toEqual({
      layer: 'authorization',
      object: 'AuthorizationPolicy/istio-egress/api-stripe-test',
      verdict: 'Deny',
      reason: 'none of 5 ALLOW policies lets shop/other through to SNI api.stripe.test',
    });
  });

  it('refuses a flow to nowhere', () => {
    expect(judge(checkout, { port: 443, protocol: 'TCP' }).verdict).toBe('Deny');
  });
});
