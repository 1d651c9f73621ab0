import { describe, expect, it } from 'vitest';
import { checkMesh } from '../../src/verify/mesh/checks/check-mesh.ts';
import { meshOf, soundMesh } from '../../src/verify/mesh/testing/fixtures.ts';
import { entry, object, virtual } from './mesh-objects.ts';

const owned = soundMesh.map((text) =>
  text.replaceAll(
    /metadata: { name: ([^,}]+), namespace: ([^,} ]+) }/g,
    'metadata: { name: $1, namespace: $2, labels: { app.kubernetes.io/managed-by: postern } }',
  ),
);
const owner = { label: 'app.kubernetes.io/managed-by', value: 'postern' };

describe('objects of others', () => {
  it('are no concern where they touch nothing of ours', () => {
    const elsewhere = virtual(
      'hosts: [other.test], gateways: [mesh], http: [{ route: [{ destination: { host: other.test } }] }]',
    );
    expect(checkMesh(meshOf([...owned, elsewhere]), { owner })).toEqual([]);
  });

  it.each<[string, string]>([
    ['ServiceEntry', entry('hosts: ["*.stripe.test"], resolution: NONE, ports: []')],
    ['VirtualService', virtual('hosts: [api.stripe.test], gateways: [mesh]')],
    ['DestinationRule', object('DestinationRule', 'x', 'host: egress')],
    ['Gateway', object('Gateway', 'x', 'selector: { gateway: shared }')],
    ['Sidecar', object('Sidecar', 'x', 'egress: []').replace('istio-egress', 'shop')],
    ['AuthorizationPolicy', object('AuthorizationPolicy', 'x', 'rules: [{}]')],
    ['PeerAuthentication', object('PeerAuthentication', 'x', 'mtls: { mode: DISABLE }')],
    ['Telemetry', object('Telemetry', 'x', 'accessLogging: [{ disabled: true }]')],
    ['NetworkPolicy', object('NetworkPolicy', 'x', 'podSelector: {}, egress: [{}]')],
    ['EnvoyFilter', object('EnvoyFilter', 'x', '')],
    ['HTTPRoute', object('HTTPRoute', 'x', 'hostnames: [api.stripe.test]')],
  ])('S25 finds a %s that touches ours', (_, yaml) => {
    const findings = checkMesh(meshOf([...owned, yaml]), { owner }).filter(({ id }) => id === 'S25');
    expect(findings.map(({ id, severity, subject }) => `${id} ${severity} ${subject.split('/').at(-1) ?? ''}`)).toEqual(
      ['S25 warning x'],
    );
  });
});
