import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { statusResponse } from '../testing/istiod.ts';
import { proxiesIn, statusRequest } from './messages.ts';

/*
 * `recorded` is what istiod itself (istio.io/istio of 2026-08-27, its StatusGen) answered over TLS, with four proxies
 * connected: one that took everything, one that refused its listeners, one of an older version that did not acknowledge
 * them, and a gateway.
 */
const recorded = Buffer.from(
  await readFile(new URL('../testing/recorded/proxy-status.base64', import.meta.url), 'utf8'),
  'base64',
);
const at = (time: string): number => Date.parse(`2026-11-29T${time}Z`);

it('reads what a real istiod says of its proxies', () => {
  const proxies = proxiesIn(recorded).map(({ types, ...proxy }) => ({ ...proxy, types: Object.fromEntries(types) }));
  const error = 'Error adding/updating listener(s) 0.0.0.0_443: filter chain match rules must be unique';
  expect(proxies).toEqual([
    {
      pod: 'shop/checkout-1',
      version: '1.31.0',
      types: {
        Cluster: { status: 'SYNCED', sentAt: at('07:16:46.754') },
        Listener: { status: 'SYNCED', sentAt: at('07:16:46.815') },
      },
    },
    {
      pod: 'shop/reports.v2',
      version: '1.28.2',
      types: {
        Cluster: { status: 'SYNCED', sentAt: at('07:16:46.816') },
        Listener: { status: 'STALE', sentAt: at('07:16:46.817') },
      },
    },
    {
      pod: 'istio-egress/egressgateway-1',
      version: '1.31.0',
      types: {
        Cluster: { status: 'SYNCED', sentAt: at('07:16:46.835') },
        Listener: { status: 'SYNCED', sentAt: at('07:16:46.835') },
      },
    },
    {
      pod: 'shop/checkout-2',
      version: '1.31.0',
      types: {
        Cluster: { status: 'SYNCED', sentAt: at('07:16:46.873') },
        Listener: { status: 'ERROR', sentAt: at('07:16:46.874'), error },
      },
    },
  ]);
});

it('reads the same of the istiod that tests have, whose words are those of the real one', () => {
  const real = proxiesIn(recorded);
  const proxies = real.map(({ types, ...proxy }) => ({ ...proxy, types: Object.fromEntries(types) }));
  expect(proxiesIn(statusResponse(proxies as Parameters<typeof statusResponse>[0]))).toEqual(real);
});

it('reads no proxies of an answer without any, and knows what is no answer', () => {
  expect(proxiesIn(Buffer.alloc(0))).toEqual([]);
  expect(() => proxiesIn(recorded.subarray(0, recorded.length - 7))).toThrow('protobuf with a length that leads out');
});

it('asks as a client of the namespace, for the status of every proxy', () => {
  const text = statusRequest('istio-system').toString('latin1');
  expect(text).toContain('sidecar~0.0.0.0~postern.istio-system~istio-system.svc.cluster.local');
  expect(text).toContain('istio.io/debug/syncz');
});
