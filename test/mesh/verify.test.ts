import { describe, expect, it } from 'vitest';
import { runPostern } from '../../src/cli/testing/run-postern.ts';
import { objectsOf as parsed } from '../../src/verify/mesh/testing/fixtures.ts';
import { pointObject } from '../kit/objects.ts';
import { closedMesh, gatewayConfig, manifestOf, type MeshWorld } from './worlds.ts';

/* What `postern verify` says of a mesh, held against what istiod and Envoy do in the same one. */

const tls = { port: 443, protocol: 'TCP', appProtocol: 'tls' };
const https = { ...tls, appProtocol: 'https' };
const stripe = { domainNames: ['api.stripe.test'], ports: [tls] };
const base: MeshWorld = {
  config: gatewayConfig,
  services: { stripe },
  grants: { checkout: ['stripe'] },
  mesh: closedMesh,
};

async function verified(world: MeshWorld): Promise<string> {
  const { code, out } = await runPostern(['verify', '-f', '-', '-o', 'json'], { stdin: manifestOf(world) });
  const { points: _, ...sides } = JSON.parse(out) as Record<string, unknown>;
  const found = Object.entries(sides).flatMap(([side, flows]) =>
    Array.isArray(flows) && side !== 'known'
      ? flows.map((flow: { destination: string; port: number; rule: string }) => {
          return `${side} ${flow.destination}:${flow.port} ${flow.rule}`;
        })
      : [],
  );
  return `${code} ${[...new Set(found)].join(', ')}`.trim();
}

const theirs = (kind: string, namespace: string, spec: string): object[] =>
  parsed(
    `apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: { name: theirs, namespace: ${namespace}, creationTimestamp: '2026-01-01T00:00:00Z' }\nspec: ${spec}`,
  ) as object[];

describe('verify and a mesh', () => {
  it.each<[string, Partial<MeshWorld>]>([
    ['TLS through a gateway', {}],
    [
      'TLS that the gateway makes, to another port than 443',
      { services: { stripe: { ...stripe, ports: [{ ...https, port: 8443 }], tls: 'Originate' } } },
    ],
    [
      'a single address',
      { services: { stripe: { networks: ['203.0.113.20/32'], ports: [{ port: 9443, protocol: 'TCP' }] } } },
    ],
    [
      'networks straight out',
      {
        config: { plane: 'direct' },
        services: {
          stripe: { networks: ['203.0.113.0/24', '198.51.100.7/32'], ports: [{ port: 9443, protocol: 'TCP' }] },
        },
        grants: { '*': ['stripe'] },
      },
    ],
    [
      'one host whose TLS the gateway makes for one account and not for the other',
      {
        services: { stripe, made: { ...stripe, ports: [https], tls: 'Originate' } },
        grants: { checkout: ['stripe'], other: ['made'] },
      },
    ],
    [
      'a cluster domain, a trust domain and a root namespace of its own, which only the point knows',
      {
        config: { ...gatewayConfig, clusterDomain: 'corp.local', trustDomain: 'td.test', rootNamespace: 'mesh' },
        mesh: undefined,
      },
    ],
    [
      'a trust domain that the mesh says as well',
      {
        config: { ...gatewayConfig, clusterDomain: 'corp.local', trustDomain: 'td.test' },
        mesh: `${closedMesh}trustDomain: td.test\n`,
      },
    ],
  ])('agrees on %s', async (_, world) => {
    expect(await verified({ ...base, ...world })).toBe('0');
  });

  it('says that what was written for one trust domain is refused in another', async () => {
    const config = { ...gatewayConfig, trustDomain: 'td.test' };
    expect(await verified({ ...base, config })).toMatch(/^3 narrower api\.stripe\.test:443 AuthorizationPolicy/);
  });

  it.each<[string, RegExp, readonly object[]]>([
    [
      'an older Sidecar of others',
      /^3 wider .* Sidecar\/shop\/theirs$/,
      theirs('Sidecar', 'shop', '{ outboundTrafficPolicy: { mode: ALLOW_ANY } }'),
    ],
    [
      'endpoints of others for our host',
      /^3 wider api\.stripe\.test:443 ServiceEntry\/istio-egress\/theirs$/,
      theirs(
        'ServiceEntry',
        'istio-egress',
        '{ hosts: [api.stripe.test], resolution: STATIC, endpoints: [{ address: 203.0.113.99 }], ports: [{ number: 443, name: tls, protocol: TLS }] }',
      ),
    ],
    [
      'an older plain server on our port',
      /^3 narrower api\.stripe\.test:443 /,
      theirs(
        'Gateway',
        'news',
        '{ selector: { egress: shared }, servers: [{ port: { number: 443, name: tcp, protocol: TCP }, hosts: ["*"] }] }',
      ),
    ],
    [
      'TLS of others around the TLS of the application',
      /^3 narrower api\.stripe\.test:443 DestinationRule\/istio-egress\/theirs$/,
      theirs('DestinationRule', 'istio-egress', '{ host: api.stripe.test, trafficPolicy: { tls: { mode: SIMPLE } } }'),
    ],
    [
      'a workload of others behind the gateway',
      /^4 unknown api\.stripe\.test:443 WorkloadEntry\/istio-egress\/theirs$/,
      theirs('WorkloadEntry', 'istio-egress', '{ address: 203.0.113.66, labels: { egress: shared } }'),
    ],
    [
      'our host in other letters',
      /^3 narrower api\.stripe\.test:443 /,
      theirs(
        'ServiceEntry',
        'istio-egress',
        '{ hosts: [API.stripe.test], resolution: DNS, ports: [{ number: 443, name: tls, protocol: TLS }] }',
      ),
    ],
  ])('sees %s', async (_, expected, others) => {
    expect(await verified({ ...base, others })).toMatch(expected);
  });

  describe('where a wildcard is not resolved', () => {
    const wild = theirs(
      'ServiceEntry',
      'istio-egress',
      '{ hosts: ["*.wild.test"], location: MESH_EXTERNAL, resolution: NONE, ports: [{ number: 443, name: tls, protocol: TLS }] }',
    );
    const edge = pointObject(
      'fortigate',
      { url: 'https://192.0.2.1', vdom: 'root' },
      { vantage: { type: 'Pod' }, clusterNetworks: ['10.20.0.0/16'] },
    );
    const world: MeshWorld = {
      ...base,
      services: { stripe, wild: { domainNames: ['*.wild.test'], ports: [tls] } },
      grants: { '*': ['wild'] },
      others: wild,
    };
    const sides = async (others: readonly object[]): Promise<Readonly<Record<string, unknown>>> => {
      const stdin = manifestOf({ ...world, others: [...wild, ...others] });
      return JSON.parse((await runPostern(['verify', '-f', '-', '-o', 'json'], { stdin })).out) as Record<
        string,
        unknown
      >;
    };
    const why = async (to: string, others: readonly object[] = []): Promise<{ verdict: string; sentence: string }> => {
      const stdin = manifestOf({ ...world, others: [...wild, ...others] });
      const { out } = await runPostern(['why', 'shop/checkout', to, '-f', '-', '-o', 'json'], { stdin });
      return JSON.parse(out) as { verdict: string; sentence: string };
    };
    const claim =
      'ServiceEntry/istio-egress/theirs takes a connection that names *.wild.test (SNI) on port 443 to whatever address it goes to';

    it('it tells once of each workload that any address is reached by naming a host below it', async () => {
      const { wider } = await sides([]);
      const found = (wider as readonly { workload: string; rule: string; reason: string }[]).filter(({ reason }) =>
        reason.startsWith(claim),
      );
      expect(found.map(({ workload }) => workload)).toEqual(['Pod/checkout', 'Pod/other']);
      expect(found[0]).toMatchObject({
        rule: 'ServiceEntry/istio-egress/theirs',
        reason: `${claim}, and no policy permits it`,
      });
    });

    it('it tells the same of a headless Service, by one address for all', async () => {
      const head = parsed(
        'apiVersion: v1\nkind: Service\nmetadata: { name: head, namespace: istio-egress }\nspec: { clusterIP: None, selector: { app: db }, ports: [{ name: http, port: 8080 }] }',
      ) as object[];
      const { wider } = await sides(head);
      expect(wider).toContainEqual(
        expect.objectContaining({
          destination: '192.0.2.1',
          port: 8080,
          reason:
            'Service/istio-egress/head takes a connection that names head.istio-egress.svc.cluster.local (Host) on port 8080 to whatever address it goes to, and no policy permits it',
        }),
      );
    });

    it('that a perimeter has to stop it is known where it does', async () => {
      const found = await sides([edge]);
      expect(found['known']).toContainEqual(
        expect.objectContaining({ reason: `${claim}: the perimeter has to stop it` }),
      );
      expect(JSON.stringify([found['wider'], found['perimeterOnly'], found['unknown']])).not.toContain(claim);
    });

    it('why says that an address gets out by the name of another host, and that a name does not', async () => {
      expect(await why('203.0.113.9:443')).toMatchObject({
        verdict: 'Accept',
        sentence: expect.stringContaining(`gets out by naming another host (${claim})`) as string,
      });
      expect(await why('203.0.113.9:443', [edge])).toMatchObject({ verdict: 'Deny' });
      expect(await why('evil.test:443')).toMatchObject({ verdict: 'Deny' });
    });
  });
});
