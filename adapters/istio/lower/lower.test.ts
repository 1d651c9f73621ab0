import { describe, expect, it } from 'vitest';
import type { Loss } from '../../../src/core/model/resource.ts';
import { aRule } from '../../../test/kit/builders.ts';
import { renderYaml } from '../render.ts';
import { denying, formed, forms } from '../testing/forms.ts';
import { configOf, owner } from '../testing/world.ts';
import { meshCapabilities } from '../mesh-facts.ts';
import { lower } from './lower.ts';

const context = (config: Readonly<Record<string, unknown>> = {}) => ({
  config: configOf(config),
  capabilities: meshCapabilities,
  owner,
});
const yaml = (desired: ReturnType<typeof formed>, config: Readonly<Record<string, unknown>> = {}): string =>
  renderYaml(desired, context({ telemetry: { enabled: false }, ...config }));
const lossesOf = (
  desired: ReturnType<typeof formed>,
  config: Readonly<Record<string, unknown>> = {},
): readonly Loss[] => lower(desired, context(config)).losses;

const ambient = { plane: 'ambient', istioVersion: '1.31.0', waypoint: { wildcardTls: true } };
const direct = { plane: 'direct', istioVersion: '1.30.0' };
const gatewayApi = {
  api: 'GatewayAPI',
  istioVersion: '1.31.0',
  canonicalHosts: { '*.wikipedia.org': 'www.wikipedia.org' },
};
const gateway = { canonicalHosts: { '*.wikipedia.org': 'www.wikipedia.org' } };

/*
 * Whole objects, to be read as a mesh engineer reads them. After a change that means to change them: `npx vitest run
 * adapters/istio/lower -u`, and read the difference as carefully as the code.
 */
describe('what is written for', () => {
  it.each([
    ['gateway', gateway, Object.keys(forms).filter((form) => form !== 'network')],
    ['gateway-api', gatewayApi, Object.keys(forms).filter((form) => form !== 'network')],
    ['direct', direct, ['plain-http', 'network', 'wildcard', 'single-address']],
    ['ambient', ambient, Object.keys(forms)],
  ])('every form on plane %s', async (plane, config, names) => {
    for (const name of names) {
      await expect(yaml(formed([name]), config)).toMatchFileSnapshot(`../testing/expected/${plane}-${name}.yaml`);
    }
  });

  it('everything at once is what is written for each alone', () => {
    const names = Object.keys(forms);
    const documents = (text: string): readonly string[] => text.split('---\n').sort();
    for (const config of [gateway, gatewayApi, direct, ambient]) {
      const alone = new Set(names.flatMap((name) => documents(yaml(formed([name]), config))));
      expect(documents(yaml(formed(names), config))).toEqual([...alone].filter((text) => text !== '').sort());
    }
  });
});

describe('the words of the Gateway API', () => {
  it.each(['1.30.2', undefined])('are not spoken to Istio %s', (istioVersion) => {
    const config = { api: 'GatewayAPI', ...(istioVersion && { istioVersion }) };
    const { resources, losses } = lower(formed(['tls-passthrough', 'plain-http']), context(config));
    expect(losses.map(({ code }) => code)).toEqual(['mesh-gateway-api', 'mesh-gateway-api']);
    expect(resources.filter(({ effect }) => effect === 'Accept')).toEqual([]);
  });
});

describe('a host that wants to see a certificate', () => {
  it('is shown that of the Secret, and is verified all the same', () => {
    const config = { clientCertificates: { 'payments.example.com': 'bank-client' } };
    const { resources } = lower(formed(['tls-origination', 'plain-http']), context(config));
    const upstream = resources.filter(({ kind, name }) => kind === 'DestinationRule' && name.endsWith('-up'));
    const tls = {
      mode: 'MUTUAL',
      credentialName: 'bank-client',
      sni: 'payments.example.com',
      subjectAltNames: ['payments.example.com'],
    };
    expect(upstream.map(({ spec }) => spec['spec'])).toEqual([
      {
        host: 'payments.example.com',
        exportTo: ['.'],
        trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, tls }] },
      },
    ]);
  });
});

describe('whom a rule is for', () => {
  const policy = (desired: ReturnType<typeof formed>) =>
    lower(desired, context()).resources.filter(
      ({ kind, effect }) => kind === 'AuthorizationPolicy' && effect === 'Accept',
    );

  it.each([
    ['a ServiceAccount, whether or not it has pods', 'tls-passthrough', ['shop/checkout']],
    ['a namespace', 'plain-http', ['shop/*']],
    ['pods by label, as the accounts of those there are', 'opaque-tcp', ['news/reader', 'shop/checkout']],
    ['every covered namespace', 'single-address', ['news/*', 'shop/*']],
  ])('%s', (_, form, members) => {
    expect(policy(formed([form])).map((resource) => resource.members)).toEqual([members]);
  });

  it('leaves out whom an earlier rule denies', () => {
    const [resource] = policy(formed(['plain-http'], [denying('any')]));
    expect([resource?.members, resource?.spec['except']]).toEqual([['shop/*'], ['shop/intern']]);
  });

  it('does not mind whom a later rule denies', () => {
    const { rules, ...desired } = formed(['plain-http'], [denying('any')]);
    const [resource] = policy({ ...desired, rules: rules.toReversed() });
    expect([resource?.members, resource?.spec['except']]).toEqual([['shop/*'], undefined]);
  });

  it('is nobody when there is nobody: the way is there, the permission is not', () => {
    const desired = formed(['opaque-tcp']);
    const empty = { ...desired, groups: desired.groups.map((group) => ({ ...group, members: [] })) };
    const { resources } = lower(empty, context());
    expect(resources.filter(({ effect }) => effect === 'Accept').map(({ kind, members }) => [kind, members])).toEqual([
      ['ServiceEntry', ['5432/TCP']],
    ]);
  });

  it('writes nothing for namespaces of the other mode, and says so', () => {
    const choices = { 'namespaces-in-another-mode': { value: 'shop', reason: '' } };
    const { resources, losses } = lower(formed(['plain-http']), {
      ...context(),
      capabilities: { ...meshCapabilities, choices },
    });
    expect(
      resources.filter(({ name, members = [] }) => name.startsWith('shop/') || members.includes('shop/*')),
    ).toEqual([]);
    expect(losses.map(({ code, id }) => [code, id])).toContainEqual(['mesh-other-mode', 'default']);
  });
});

describe('what a mesh cannot say', () => {
  const { sources = [] } = forms['plain-http'] ?? {};
  const [first, second] = ['100000000001', '100000000002'];
  const tls = [{ port: 443, protocol: 'TCP', appProtocol: 'tls' }] as const;
  const rules = (...list: Parameters<typeof aRule>[0][]): ReturnType<typeof formed> => ({
    ...formed(['plain-http']),
    rules: list.map((rule, at) => aRule({ sources, id: at === 0 ? first : second, ...rule })),
  });

  it.each([
    [
      'inspection',
      {},
      rules({ to: ['a.example.com'], profile: 'strict' }),
      'rejected',
      'no-inspection-profiles',
      first,
    ],
    ['anywhere', {}, rules({ to: 'any' }), 'narrowed', 'mesh-any-destination', first],
    ['every port', {}, rules({ to: ['a.example.com'], ports: [] }), 'narrowed', 'mesh-every-port', first],
    [
      'UDP',
      {},
      rules({ to: ['a.example.com'], ports: [{ port: 53, protocol: 'UDP' }] }),
      'elsewhere',
      'mesh-udp',
      first,
    ],
    [
      'a range',
      {},
      rules({ to: ['a.example.com'], ports: [{ port: 1, endPort: 99, protocol: 'TCP' }] }),
      'rejected',
      'mesh-port-range',
      first,
    ],
    ['an underscore', {}, rules({ to: ['a_b.example.com'] }), 'rejected', 'mesh-name', first],
    ['a wildcard at a gateway', {}, rules({ to: ['*.example.com'] }), 'rejected', 'mesh-wildcard', first],
    [
      'a wildcard in old sidecars',
      { plane: 'direct', istioVersion: '1.29.1' },
      rules({ to: ['*.example.com'] }),
      'rejected',
      'mesh-wildcard',
      first,
    ],
    [
      'a wildcard of TLS at a waypoint',
      { plane: 'ambient', istioVersion: '1.30' },
      rules({ to: ['*.example.com'] }),
      'rejected',
      'mesh-wildcard',
      first,
    ],
    ['a network at a gateway', {}, rules({ to: ['203.0.113.0/24'] }), 'rejected', 'mesh-network', first],
    [
      'a network at an old waypoint',
      { plane: 'ambient', istioVersion: '1.30' },
      rules({ to: ['203.0.113.0/24'] }),
      'rejected',
      'mesh-network',
      first,
    ],
    [
      'TLS of nobody',
      { plane: 'direct' },
      rules({ to: ['a.example.com'], originate: true }),
      'rejected',
      'mesh-originate',
      first,
    ],
    [
      'TLS to port 80',
      {},
      rules({ to: ['a.example.com'], originate: true, ports: [{ port: 80, protocol: 'TCP' }] }),
      'rejected',
      'mesh-originate',
      first,
    ],
    [
      'a port that the gateway has not',
      { gateway: { ports: { 80: 8080 } } },
      rules({ to: ['a.example.com'] }),
      'rejected',
      'mesh-gateway-port',
      first,
    ],
    [
      'plain HTTP to a wildcard in sidecars, which would open every port',
      direct,
      rules({ to: ['*.example.com'], ports: [{ port: 80, protocol: 'TCP', appProtocol: 'http' }] }),
      'rejected',
      'mesh-wildcard',
      first,
    ],
    [
      'two ports of a host on one port of the pods',
      { gateway: { ports: { 443: 8443, 8443: 8443 } } },
      rules({ to: ['a.example.com'], ports: tls }, { to: ['a.example.com'], ports: [{ ...tls[0], port: 8443 }] }),
      'rejected',
      'mesh-shared-pod-port',
      second,
    ],
    ...[first, second].map(
      (id) =>
        [
          'TLS of the gateway for some and of the application for others',
          {},
          rules(
            { sources: ['a00000000001'], to: ['a.example.com'], ports: tls },
            { sources: ['a00000000002'], to: ['a.example.com'], ports: tls, originate: true },
          ),
          'narrowed',
          'mesh-two-ways',
          id,
        ] as const,
    ),
    [
      'plain HTTP below a wildcard where a waypoint makes TLS of it',
      ambient,
      rules(
        { to: ['*.example.com'], ports: [{ port: 80, protocol: 'TCP', appProtocol: 'http' }] },
        { sources: ['a00000000002'], to: ['a.example.com'], ports: tls, originate: true },
      ),
      'narrowed',
      'mesh-two-ways',
      first,
    ],
    [
      'two protocols on one port of a host',
      {},
      rules(
        { to: ['a.example.com'], ports: tls },
        { to: ['a.example.com'], ports: [{ ...tls[0], appProtocol: 'http' }] },
      ),
      'rejected',
      'mesh-protocol-conflict',
      second,
    ],
    [
      'a host through two gateways',
      { dedicated: { namespaces: { shop: { service: 'other', selector: { istio: 'other' } } } } },
      rules(
        { to: ['a.example.com'], origin: aRule({}).origin },
        { to: ['a.example.com'], origin: { ...aRule({}).origin, namespace: 'news' } },
      ),
      'rejected',
      'mesh-two-gateways',
      second,
    ],
    [
      'two opaque destinations on one port',
      {},
      rules(
        { to: ['a.example.com'], ports: [{ port: 22, protocol: 'TCP' }] },
        { to: ['b.example.com'], ports: [{ port: 22, protocol: 'TCP' }] },
      ),
      'rejected',
      'mesh-tcp-port-conflict',
      second,
    ],
    [
      'a ServiceAccount without a gateway',
      { plane: 'direct' },
      formed(['tls-passthrough']),
      'rejected',
      'mesh-identity-direct',
      first,
    ],
  ] as const)('%s', (_, config, desired, ...loss) => {
    expect(lossesOf(desired, config).map(({ effect, code, id }) => [effect, code, id])).toContainEqual(loss);
  });

  it('names both sides of a conflict, and keeps the earlier', () => {
    const origin = (name: string) => ({ ...aRule({}).origin, name });
    const both = rules(
      { to: ['a.example.com'], ports: [{ port: 22, protocol: 'TCP' }], origin: origin('early') },
      { to: ['b.example.com'], ports: [{ port: 22, protocol: 'TCP' }], origin: origin('late') },
    );
    const { resources, losses } = lower(both, context());
    expect(losses.find(({ code }) => code === 'mesh-tcp-port-conflict')?.message).toContain(
      'EgressPolicy/shop/early spec.to[0]',
    );
    const hosts = resources.filter(({ kind }) => kind === 'ServiceEntry').map(({ title }) => title);
    expect(hosts).toEqual(['a.example.com TCP 22']);
  });

  it('lets opaque destinations share a port where proxies answer DNS', () => {
    const ports = [{ port: 22, protocol: 'TCP' }] as const;
    expect(
      lossesOf(rules({ to: ['a.example.com'], ports }, { to: ['b.example.com'], ports }), { dnsCapture: true }),
    ).toEqual([]);
  });

  it('does not let a name become more than a name', () => {
    const { resources } = lower(rules({ to: ['a.example.com'] }), context());
    const bad = resources.filter(({ name }) => !/^[a-z0-9-]{1,63}\/[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$/.test(name));
    expect(bad).toEqual([]);
  });
});
