import { expect, it } from 'vitest';
import { aPod, aPoint } from '../../../test/kit/builders.ts';
import type { Proxies } from '../../core/model/proxies.ts';
import type { MeshAnswer } from '../mesh/answer.ts';
import { proxySteps } from './proxy-step.ts';

const pod = aPod({ name: 'checkout-1', namespace: 'shop', serviceAccount: 'checkout' });
const answer: MeshAnswer = {
  verdict: 'Accept',
  certain: true,
  path: 'gateway',
  sourceSeenOutside: 'gateway',
  gateway: 'Service/istio-egress/egressgateway',
  outside: { host: 'api.example.com', address: '', port: 443 },
  steps: [],
};
const reason = 'has a proxy that has not acknowledged what istiod sent it';
const asked = (...behind: Proxies['behind']) =>
  proxySteps(
    [{ point: aPoint({}, { name: 'mesh' }), desired: { groups: [], rules: [] }, proxies: { by: {}, behind } }],
    pod,
    answer,
  );

it('nobody can say what a proxy on the way does that lacks what was written', () => {
  const own = { of: 'shop/checkout', pod: 'shop/checkout-1', reason };
  const gateway = { of: 'istio-egress/egressgateway', pod: 'istio-egress/egressgateway-2', reason };
  expect(asked(own, gateway)).toMatchObject([
    {
      layer: 'sidecar',
      point: 'mesh',
      verdict: 'Unknown',
      rule: 'Pod/shop/checkout-1',
      reason: `${reason}: it still applies its previous configuration`,
    },
    { layer: 'gateway', point: 'mesh', verdict: 'Unknown', rule: 'Pod/istio-egress/egressgateway-2' },
  ]);
});

it('the proxies of others say nothing of this flow', () => {
  expect(asked({ of: 'shop/checkout', pod: 'shop/checkout-2', reason })).toEqual([]);
  expect(asked({ of: 'istio-egress/egressgateway-b', pod: 'istio-egress/egressgateway-b-1', reason })).toEqual([]);
  expect(
    proxySteps([{ point: aPoint({}, { name: 'mesh' }), desired: { groups: [], rules: [] } }], pod, answer),
  ).toEqual([]);
});

it('of a pod that no proxy stands before, the objects of the mesh have said what becomes', () => {
  const past = { of: 'shop/checkout', pod: 'shop/checkout-1', reason: 'runs without a sidecar', past: true as const };
  expect(asked(past)).toEqual([]);
});
