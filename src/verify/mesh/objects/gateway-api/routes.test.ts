import { expect, it } from 'vitest';
import { evaluateMesh } from '../../evaluate.ts';
import { checkout, meshOf, to, wholeMesh } from '../../testing/fixtures.ts';

/** A ServiceEntry for one host, and a TLSRoute of others for it that says more names than that. */
const mesh = (hostname: string, namespace = 'istio-egress'): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: one, namespace: istio-egress }
spec:
  hosts: [one.test]
  ports: [{ number: 443, name: tls, protocol: TLS }]
  resolution: DNS
---
apiVersion: gateway.networking.k8s.io/v1
kind: TLSRoute
metadata: { name: theirs, namespace: ${namespace} }
spec:
  parentRefs: [{ group: networking.istio.io, kind: ServiceEntry, name: one, namespace: istio-egress }]
  hostnames: ["${hostname}"]
  rules: [{ backendRefs: [{ group: networking.istio.io, kind: Hostname, name: one.test, port: 443 }] }]
`;

it.each(['istio-egress', 'shop'])('takes every SNI below its wildcard along, written in %s', (namespace) => {
  const judged = (hostname: string) =>
    evaluateMesh(meshOf([...wholeMesh, mesh(hostname, namespace)])).judge(checkout, to('evil.test')).verdict;
  expect(judged('one.test')).toBe('Deny');
  expect(judged('*.test')).toBe('Accept');
});
