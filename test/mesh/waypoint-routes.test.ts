import { describe, expect, it } from 'vitest';
import type { MeshTarget } from '../../src/verify/mesh/answer.ts';
import { to } from '../../src/verify/mesh/testing/fixtures.ts';
import { answered, http, object, ports, squid, tls, toSquid, toWww, www } from './answered.ts';

/* What the objects of others do at a waypoint. */

describe('routes at a waypoint', () => {
  const way = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: way, namespace: shop }
spec: { gatewayClassName: istio-waypoint, listeners: [{ name: mesh, port: 15008, protocol: HBONE }] }`;
  const bound = object(
    'ServiceEntry',
    'shop',
    `{ hosts: [api.test], location: MESH_EXTERNAL, resolution: DNS, ${ports} }`,
    'api.test',
    'istio.io/use-waypoint: way',
  );
  const client = { meshed: 'ambient' } as const;
  const asked = (yaml: readonly string[], target?: MeshTarget): string =>
    answered([way, bound, www, ...yaml], { client, ...(target && { target }) });

  it('without any a request goes to its host', () => {
    expect(asked([])).toBe('Accept');
  });

  it('there are none on the way to an entry without addresses that is not resolved: ztunnels do not know it', () => {
    const spec = `{ hosts: [raw.test], location: MESH_EXTERNAL, ${ports} }`;
    const raw = object('ServiceEntry', 'shop', spec, 'theirs', 'istio.io/use-waypoint: way');
    const nobody = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: nobody, namespace: shop }
spec: { targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: way }], action: ALLOW }`;
    expect(asked([raw, nobody], to('raw.test'))).toBe('Accept ServiceEntry/shop/theirs');
    expect(asked([nobody])).toBe('Deny');
  });

  it('a policy by address of the connection says nothing there that is known, one by address of the client does', () => {
    const policy = (source: string): string => `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: who, namespace: shop }
spec: { targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: way }], rules: [{ from: [{ source: { ${source} } }] }] }`;
    expect(asked([policy('ipBlocks: [10.0.0.0/8]')])).toBe('Accept?');
    expect(asked([policy('ipBlocks: [192.0.2.0/24]')])).toBe('Accept?');
    expect(asked([policy('remoteIpBlocks: [10.0.0.0/8]')])).toBe('Accept');
    expect(asked([policy('remoteIpBlocks: [192.0.2.0/24]')])).toBe('Deny');
  });

  it('and none to endpoints that are not exported to the waypoint: it is not served them', () => {
    const fixed = (exportTo: string, how: string): string =>
      object(
        'ServiceEntry',
        'shop',
        `{ hosts: [fixed.test], location: MESH_EXTERNAL, exportTo: [${exportTo}], ${how}, ${ports} }`,
        'theirs',
        'istio.io/use-waypoint: way',
      );
    const given = 'resolution: STATIC, endpoints: [{ address: 203.0.113.9 }]';
    expect(asked([fixed('news', given)], to('fixed.test'))).toBe('Deny ServiceEntry/shop/theirs');
    expect(asked([fixed('shop', given)], to('fixed.test'))).toBe('Accept > 203.0.113.9:443 ServiceEntry/shop/theirs');
    expect(asked([fixed('news', 'resolution: DNS')], to('fixed.test'))).toBe('Accept ServiceEntry/shop/theirs');
  });

  it('lead requests elsewhere', () => {
    expect(asked([http(`{ route: [${toWww}] }`)])).toBe('Accept > www.test:80 VirtualService/shop/theirs');
  });

  it('lead to a proxy of the cluster that may carry requests on', () => {
    expect(asked([squid, http(`{ route: [${toSquid}] }`)])).toBe('Accept? Service/shop/theirs');
  });

  it('do not ask for labels of the client', () => {
    expect(asked([http(`{ match: [{ sourceLabels: { app: checkout } }], route: [${toWww}] }`)])).toBe('Accept');
  });

  it('count in the namespaces of the waypoint and of the service', () => {
    expect(asked([http(`{ route: [${toWww}] }`).replace('namespace: shop', 'namespace: news')])).toBe('Accept');
  });

  it('lead TLS elsewhere, by the very host of the service', () => {
    const elsewhere = 'Accept > www.test:443 VirtualService/shop/theirs';
    expect(asked([tls('{ port: 443, sniHosts: [api.test] }')], to('api.test'))).toBe(elsewhere);
    expect(asked([tls('{ port: 443, sniHosts: [api.test, other.test] }')], to('api.test'))).toBe('Accept');
  });

  it('of which none is for the request refuse it', () => {
    const target = { ...to('api.test', 80), path: '/' };
    expect(asked([http(`{ match: [{ uri: { prefix: /only } }], route: [${toWww}] }`)], target)).toBe(
      'Deny VirtualService/shop/theirs',
    );
  });
});
