import { describe, expect, it } from 'vitest';
import { readMesh } from './snapshot.ts';
import { istioDefaults, readMeshConfig } from './config.ts';
import { meshOf, objectsOf, wholeMesh } from '../testing/fixtures.ts';

const object = (apiVersion: string, kind: string, rest: object = {}): object => ({
  apiVersion,
  kind,
  metadata: { name: 'x', namespace: 'y' },
  ...rest,
});

describe('reading a mesh', () => {
  it('takes null for absent, and passes over what it does not know', () => {
    const { serviceEntries, unreadable } = readMesh(
      [
        object('networking.istio.io/v1beta1', 'ServiceEntry', {
          spec: { hosts: ['A.test.'], ports: null, exportTo: null, novelty: 1 },
          status: {},
        }),
      ],
      istioDefaults,
    );
    expect({ hosts: serviceEntries[0]?.hosts, ports: serviceEntries[0]?.ports, unreadable }).toEqual({
      hosts: ['a.test'],
      ports: [],
      unreadable: [],
    });
  });

  it('names what it cannot read instead of guessing', () => {
    const read = readMesh([object('networking.istio.io/v1', 'ServiceEntry', { spec: { hosts: 3 } })], istioDefaults);
    expect({ entries: read.serviceEntries, unreadable: read.unreadable }).toMatchObject({
      entries: [],
      unreadable: [
        {
          id: 'ServiceEntry/y/x',
          namespace: 'y',
          message: 'spec.hosts: Invalid value: 3: must be of type array',
        },
      ],
    });
  });

  it('opens lists, and tells the two kinds of Gateway apart', () => {
    const items = [
      object('networking.istio.io/v1', 'Gateway', { spec: { servers: [] } }),
      object('gateway.networking.k8s.io/v1', 'Gateway', { spec: { gatewayClassName: 'istio-waypoint' } }),
      object('networking.istio.io/v1alpha3', 'EnvoyFilter'),
      object('example.test/v1', 'Other'),
    ];
    const { gateways, routeGateways, extensions, unreadable } = readMesh(
      [{ apiVersion: 'v1', kind: 'List', items }],
      istioDefaults,
    );
    expect([gateways.length, routeGateways.length, extensions.map(({ id }) => id), unreadable]).toEqual([
      1,
      1,
      ['EnvoyFilter/y/x'],
      [],
    ]);
  });

  it('reads all of a mesh whatever its order', () => {
    const objects = objectsOf(...wholeMesh);
    const counts = (list: readonly unknown[]): readonly number[] =>
      Object.values(readMesh(list, istioDefaults)).flatMap((part: unknown) =>
        Array.isArray(part) ? [part.length] : [],
      );
    expect(counts([...objects].reverse())).toEqual(counts(objects));
    expect(meshOf(wholeMesh).unreadable).toEqual([]);
  });
});

describe('reading a MeshConfig', () => {
  it('has the defaults of Istio', () => {
    expect(readMeshConfig(undefined)).toEqual(istioDefaults);
  });

  it('reads what decides egress', () => {
    const config = readMeshConfig(
      {
        trustDomain: 'corp.test',
        outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
        defaultConfig: { proxyMetadata: { ISTIO_META_DNS_CAPTURE: 'true' } },
        extensionProviders: [{ name: 'log', envoyFileAccessLog: {} }],
        accessLogFile: '/dev/stdout',
      },
      { version: '1.30.3' },
    );
    expect(config).toEqual({
      ...istioDefaults,
      trustDomain: 'corp.test',
      outboundTrafficPolicy: 'REGISTRY_ONLY',
      dnsCapture: true,
      extensionProviders: ['log'],
      version: '1.30.3',
    });
  });
});
