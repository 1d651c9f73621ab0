import { describe, expect, it } from 'vitest';
import { runPostern } from '../../testing/run-postern.ts';
import { perimeter, pod, why } from './testing/why.ts';

/* `postern why` on files: what is in force, network policies, and workloads. */

it('says of a pod that is there and cannot be read why it cannot', async () => {
  const broken = pod('web', '2026-01-01T00:00:00Z').replace('10.20.1.11', '010.20.1.11');
  const { code, err } = await runPostern(['why', 'shop/web', '203.0.113.7:443', '-f', '-'], { stdin: broken });
  expect(code).toBe(1);
  expect(err).toMatch(
    /Pod\/shop\/web cannot be read: status\.podIP\S*: Invalid value: "010\.20\.1\.11": must be an IPv4 or IPv6 address/,
  );
});

it('takes the address of a pod on the host network for that of a node that no file describes', async () => {
  const onHost = pod('web', '2026-01-01T00:00:00Z').replace('spec: {', 'spec: { hostNetwork: true, nodeName: n1,');
  const { layers } = await why('shop/web', '203.0.113.7:443', onHost, perimeter);
  expect(layers.find(({ layer }) => layer === 'source')?.rule).toBe('10.20.1.11');
});

describe('an address of a Service', () => {
  const service = (name: string, spec: string, more = ''): string => `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec: { ports: [{ port: 443, targetPort: 8443 }], ${spec} }${more}`;
  const db = pod('db', '2026-01-01T00:00:00Z').replace('10.20.1.11', '10.20.1.12');
  const web = pod('web', '2026-01-01T00:00:00Z');
  const ask = (to: string, ...more: readonly string[]): ReturnType<typeof why> =>
    why('shop/web', to, web, db, perimeter, ...more);

  it.each([
    ['its ClusterIP', '10.96.0.7:443', ''],
    ['a port that it does not have', '10.96.0.7:80', ''],
    [
      'the address of a load balancer, which nodes do not send there',
      '203.0.113.7:443',
      '\nstatus: { loadBalancer: { ingress: [{ ip: 203.0.113.7 }] } }',
    ],
  ])('stays in the cluster: %s', async (_, to, more) => {
    const { verdict, sentence } = await ask(to, service('db', 'clusterIP: 10.96.0.7, selector: { app: db }', more));
    expect(verdict).toBe('Accept');
    expect(sentence).toContain('goes to Service shop/db and stays in the cluster');
  });

  it.each([
    ['on another port', '203.0.113.7:444', 'VIP'],
    ['where nodes send to it', '203.0.113.7:443', 'Proxy'],
  ])('leaves the cluster: the address of a load balancer %s', async (_, to, ipMode) => {
    const status = `\nstatus: { loadBalancer: { ingress: [{ ip: 203.0.113.7, ipMode: ${ipMode} }] } }`;
    const { sentence } = await ask(to, service('db', 'clusterIP: 10.96.0.7, selector: { app: db }', status));
    expect(sentence).not.toContain('stays in the cluster');
  });

  it.each(['db.shop:443', 'db.shop.svc:443', 'db.shop.svc.cluster.local:443'])('is meant by %s', async (to) => {
    const { sentence } = await ask(to, service('db', 'clusterIP: 10.96.0.7, selector: { app: db }'));
    expect(sentence).toContain(`shop/web to ${to}/TCP goes to Service shop/db and stays in the cluster`);
    expect((await ask(to)).sentence).not.toContain('stays in the cluster');
  });

  it.each([
    ['db', 'Accept'],
    ['other', 'Deny'],
  ])('is held against network policies by the pods behind it: %s', async (app, verdict) => {
    const isolation = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web, namespace: shop }
spec:
  podSelector: { matchLabels: { app: web } }
  policyTypes: [Egress]
  egress: [{ to: [{ podSelector: { matchLabels: { app: ${app} } } }] }]`;
    const answer = await ask(
      'db.shop.svc:443',
      isolation,
      service('db', 'clusterIP: 10.96.0.7, selector: { app: db }'),
    );
    expect(answer).toMatchObject({ verdict, sentence: expect.stringContaining('stays in the cluster') as string });
  });

  it('is an alias of a name outside', async () => {
    const { sentence } = await ask(
      'api.shop.svc:443',
      service('api', 'type: ExternalName, externalName: API.example.com'),
    );
    expect(sentence).toMatch(
      /goes to Service shop\/api, whose endpoints are outside the cluster\. shop\/web to api\.example\.com:443\/TCP is/,
    );
  });

  it('is an alias of a Service of the cluster', async () => {
    const api = service('api', 'type: ExternalName, externalName: db.shop.svc.cluster.local');
    const { sentence } = await ask(
      'api.shop.svc:443',
      api,
      service('db', 'clusterIP: 10.96.0.7, selector: { app: db }'),
    );
    expect(sentence).toContain('goes to Service shop/db and stays in the cluster');
    const circle = service('api', 'type: ExternalName, externalName: api.shop.svc.cluster.local');
    expect((await ask('api.shop.svc:443', circle)).sentence).not.toContain('stays in the cluster');
  });

  it('is meant by its name where it is headless, too', async () => {
    const { verdict, sentence } = await ask('db.shop.svc:443', service('db', 'clusterIP: None, selector: { app: db }'));
    expect([verdict, sentence]).toEqual([
      'Accept',
      expect.stringContaining('goes to Service shop/db and stays in the cluster'),
    ]);
  });

  it('is not meant by its name in the domain of another cluster', async () => {
    const own = service('db', 'clusterIP: 10.96.0.7, selector: { app: db }');
    expect((await ask('db.shop.svc.west.example.com:443', own)).sentence).not.toContain('stays in the cluster');
  });

  it('is the one with the port, of several with one address of a load balancer', async () => {
    const at = '\nstatus: { loadBalancer: { ingress: [{ ip: 203.0.113.7 }] } }';
    const other = service('api', 'clusterIP: 10.96.0.8, selector: { app: api }', at).replace('port: 443', 'port: 80');
    const { sentence } = await ask(
      '203.0.113.7:443',
      other,
      service('db', 'clusterIP: 10.96.0.7, selector: { app: db }', at),
    );
    expect(sentence).toContain('goes to Service shop/db and stays in the cluster');
  });

  it('is asked about where it leads, if its endpoints are outside', async () => {
    const endpoints = (address: string): string => `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: db-1, namespace: shop, labels: { kubernetes.io/service-name: db } }
addressType: IPv4
ports: [{ port: 443 }]
endpoints: [{ addresses: [${address}] }]`;
    const outside = service('db', 'clusterIP: 10.96.0.7').replace(', targetPort: 8443', '');
    const permitted = await ask('10.96.0.7:443', outside, endpoints('203.0.113.9'));
    expect(permitted).toMatchObject({ verdict: 'Accept', policy: 'EgressPolicy/shop/all' });
    expect(permitted.sentence).toMatch(
      /goes to Service shop\/db, whose endpoints are outside the cluster\. shop\/web to 203\.0\.113\.9:443\/TCP is allowed by/,
    );
    const denied = await ask('10.96.0.7:443', outside, endpoints('192.0.2.9'));
    expect(denied).toMatchObject({ verdict: 'Deny', policy: null });
  });
});

it('names the version of a policy of a group that is gone', async () => {
  const legacy = `
apiVersion: v1
kind: EgressNetworkPolicy
metadata: { name: default, namespace: shop }
spec: { egress: [{ type: Deny, to: { cidrSelector: 0.0.0.0/0 } }] }`;
  const { verdict, sentence } = await why(
    'shop/web',
    '203.0.113.7:443',
    pod('web', '2026-01-01T00:00:00Z'),
    perimeter,
    legacy,
  );
  expect(verdict).toBe('Unknown');
  expect(sentence).toContain('EgressNetworkPolicy/shop/default is a policy of v1, which is not modelled');
});

it('knows that a SecurityPolicy of NSX may decide, and is not modelled', async () => {
  const nsx = `
apiVersion: crd.nsx.vmware.com/v1alpha1
kind: SecurityPolicy
metadata: { name: deny, namespace: shop }
spec: { appliedTo: [{ podSelector: {} }], rules: [{ direction: Out, action: Drop }] }`;
  const web = pod('web', '2026-01-01T00:00:00Z');
  const { verdict, sentence } = await why('shop/web', '203.0.113.7:443', web, perimeter, nsx);
  expect(verdict).toBe('Unknown');
  expect(sentence).toContain('SecurityPolicy/shop/deny is a policy of crd.nsx.vmware.com, which is not modelled');
  const ofGateway = nsx.replace('crd.nsx.vmware.com', 'gateway.envoyproxy.io');
  expect((await why('shop/web', '203.0.113.7:443', web, perimeter, ofGateway)).verdict).toBe('Accept');
});

describe('postern why speaks of what is in force', () => {
  const web = pod('web', '2026-01-01T00:00:00Z');
  const withStatus = (kind: 'EnforcementPoint' | 'EgressPolicy', status: string): string =>
    perimeter
      .split('---\n')
      .map((document) => (document.includes(`kind: ${kind}`) ? `${document.trimEnd()}\nstatus: ${status}\n` : document))
      .join('---\n');
  const condition = (status: string, reason: string, message = 'as the test says'): string =>
    `{ type: Programmed, status: '${status}', reason: ${reason}, message: '${message}', lastTransitionTime: '2026-01-01T00:00:00Z' }`;
  const share = (...condition_: readonly string[]): string =>
    `{ enforcementPoints: [{ name: edge, conditions: [${condition_.join()}] }] }`;

  it('says that nothing is in force at a point that only observes', async () => {
    const observing = perimeter.replace('mode: Enforce', 'mode: Observe');
    const permitted = await why('shop/web', '203.0.113.7:443', web, observing);
    expect(permitted.verdict).toBe('Accept');
    expect(permitted.sentence).toMatch(/is allowed by .*; no Postern rule is in force at edge, in mode Observe\.$/);
    expect(permitted.restsOn).toEqual(['edge: it is in mode Observe, so no Postern rule is in force there']);
    const forbidden = await why('shop/web', '192.0.2.1:443', web, observing);
    expect(forbidden.verdict).toBe('Accept');
    expect(forbidden.sentence).toMatch(
      /gets out although no policy permits it.*: mode Enforce would put them in force\.$/,
    );
    expect(forbidden.layers.map(({ layer }) => layer)).toEqual(['intent', 'perimeter']);
  });

  it.each([
    ['EgressPolicy', share(condition('False', 'NotSupportedByDevice')), 'Deny', 'is not on the device'],
    ['EgressPolicy', share(condition('False', 'ChangeRefused')), 'Deny', 'is not on the device'],
    ['EgressPolicy', share(condition('False', 'Held')), 'Deny', 'is not on the device'],
    ['EgressPolicy', share(condition('False', 'DeviceUnavailable')), 'Unknown', 'may not be on the device'],
    ['EgressPolicy', share(condition('False', 'WrittenInInvisibleInk')), 'Unknown', 'may not be on the device'],
    ['EgressPolicy', share(condition('Perhaps', 'Programmed')), 'Unknown', 'may not be on the device'],
    [
      'EgressPolicy',
      share(condition('False', 'Held')).replace('{ name:', '{ seenFrom: space, name:'),
      'Deny',
      'is not on the device',
    ],
    ['EgressPolicy', '{ enforcementPoints: all }', 'Unknown', 'may not be on the device'],
    ['EnforcementPoint', '{ conditions: [True] }', 'Unknown', 'may not be on the device'],
    ['EgressPolicy', share(condition('Unknown', 'Pending')), 'Unknown', 'may not be on the device'],
    ['EgressPolicy', share(condition('True', 'Programmed')), 'Accept', undefined],
    ['EnforcementPoint', `{ conditions: [${condition('False', 'Held')}] }`, 'Deny', 'is not on the device'],
    ['EnforcementPoint', `{ conditions: [${condition('True', 'Programmed')}] }`, 'Accept', undefined],
  ] as const)('reads the status of the %s in the input: %s', async (kind, status, verdict, there) => {
    const answer = await why('shop/web', '203.0.113.7:443', web, withStatus(kind, status));
    expect(answer.verdict).toBe(verdict);
    if (there !== undefined) expect(answer.sentence).toContain(`${there}: the status says`);
  });

  it('takes a status of an earlier generation for no proof', async () => {
    const status = `{ enforcementPoints: [{ name: edge, conditions: [${condition('True', 'Programmed').replace(' }', ', observedGeneration: 2 }')}] }] }`;
    const changed = withStatus('EgressPolicy', status).replace('name: all,', 'name: all, generation: 3,');
    const answer = await why('shop/web', '203.0.113.7:443', web, changed);
    expect(answer.verdict).toBe('Unknown');
    expect(answer.sentence).toContain('Programmed of generation 2, and the object is at 3');
  });

  it('does not know what of a rule is in force while a part of it waits for a change window', async () => {
    const status = `{ enforcementPoints: [{ name: edge, conditions: [${condition('False', 'PartlyWaits')}] }] }`;
    const answer = await why('shop/web', '203.0.113.7:443', web, withStatus('EgressPolicy', status));
    expect(answer.verdict).toBe('Unknown');
  });

  it('does not rely on a Deny that is not on the device', async () => {
    const deny = perimeter.replace('allPods: true }, to:', 'allPods: true }, action: Deny, to:');
    const held = `${deny}\nstatus: ${share(condition('False', 'Held'))}`;
    expect((await why('shop/web', '203.0.113.7:443', web, deny)).verdict).toBe('Deny');
    const answer = await why('shop/web', '203.0.113.7:443', web, held);
    expect(answer.layers.at(-1)).toMatchObject({ layer: 'perimeter', verdict: 'Unknown' });
  });

  it.each([
    ['Unknown', 'WorkWaits', 'Unknown'],
    ['False', 'DeviceUnavailable', 'Unknown'],
    ['False', 'Held', 'Unknown'],
    ['False', 'WaitsForWindow', 'Deny'],
    ['True', 'Programmed', 'Deny'],
  ] as const)('knows that rules from before may be there when a point is %s %s', async (status, reason, verdict) => {
    const behind = withStatus('EnforcementPoint', `{ conditions: [${condition(status, reason)}] }`);
    const answer = await why('shop/web', '192.0.2.1:443', web, behind);
    expect(answer.verdict).toBe(verdict);
    if (verdict === 'Unknown')
      expect(answer.sentence).toMatch(
        /is not permitted by the intent, but whether it gets out is unknown: no rule accepts it, but an earlier rule may still/,
      );
  });

  it('names what the point cannot say, whether or not a rule of ours denies the rest', async () => {
    const wild = perimeter
      .replace(
        'spec: { adapter: memory',
        "spec: { adapter: f5-afm, config: { url: 'https://192.0.2.1' }, secretRef: { name: edge }",
      )
      .replace(/networks: \[[^\]]*\]/, "domainNames: ['*.example.com']");
    for (const point of [wild, wild.replace('mode: Enforce', 'mode: Enforce, clusterNetworks: [10.0.0.0/8]')]) {
      const answer = await why('shop/web', 'a.example.com:443', web, point);
      expect(answer.verdict).toBe('Deny');
      expect(answer.sentence).toMatch(/no rule accepts it: AFM knows no wildcard names.*; write it in a form/);
    }
  });

  it('says on what it rests', async () => {
    const bare = await why('shop/web', '203.0.113.7:443', web, perimeter);
    expect(bare.restsOn).toEqual(['edge: what would be written there; use --live to read the device']);
    const status = `{ lastSyncTime: '2026-01-02T00:00:00Z', conditions: [${condition('True', 'Programmed')}] }`;
    const told = await why('shop/web', '203.0.113.7:443', web, withStatus('EnforcementPoint', status));
    expect(told.restsOn).toEqual([
      'edge: what would be written there, and its status, Programmed: as the test says, last read back 2026-01-02T00:00:00Z',
    ]);
    const alone = await why('shop/web', '203.0.113.7:443', web);
    expect(alone.restsOn).toEqual(['only the intent: no enforcement point covers the namespace']);
  });
});

describe('postern why, of network policies of every kind', () => {
  const web = `
apiVersion: v1
kind: Pod
metadata: { name: web-1, namespace: shop, labels: { app: web } }
spec: { containers: [] }
status: { phase: Running, podIPs: [{ ip: 10.20.1.11 }] }`;
  const object = (apiVersion: string, kind: string, spec: string): string => `
apiVersion: ${apiVersion}
kind: ${kind}
metadata: { name: default, namespace: shop, labels: { a: b } }
spec: ${spec}`;
  const block = '203.0.113.9/25';
  const calico = (destination: string): string =>
    object(
      'projectcalico.org/v3',
      'NetworkPolicy',
      `{ types: [Egress], egress: [{ action: Allow, destination: ${destination} }] }`,
    );

  it.each([
    [
      object(
        'networking.k8s.io/v1',
        'NetworkPolicy',
        `{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: ${block} } }] }] }`,
      ),
    ],
    [object('cilium.io/v2', 'CiliumNetworkPolicy', `{ endpointSelector: {}, egress: [{ toCIDR: [${block}] }] }`)],
    [
      object(
        'cilium.io/v2',
        'CiliumNetworkPolicy',
        `{ endpointSelector: {}, egress: [{ toCIDRSet: [{ cidr: 203.0.113.0/24, except: [${block}] }] }] }`,
      ),
    ],
    [calico(`{ nets: [${block}] }`)],
    [
      `${calico("{ selector: a == 'b' }")}\n---\n${object('projectcalico.org/v3', 'NetworkSet', `{ nets: [${block}] }`)}`,
    ],
    [
      object(
        'crd.antrea.io/v1beta1',
        'NetworkPolicy',
        `{ priority: 5, appliedTo: [{ podSelector: {} }], egress: [{ action: Drop, to: [{ ipBlock: { cidr: ${block} } }] }] }`,
      ),
    ],
    [
      object(
        'policy.networking.k8s.io/v1alpha1',
        'AdminNetworkPolicy',
        `{ priority: 5, subject: { namespaces: {} }, egress: [{ action: Deny, to: [{ networks: [${block}] }] }] }`,
      ),
    ],
    [object('k8s.ovn.org/v1', 'EgressFirewall', `{ egress: [{ type: Deny, to: { cidrSelector: ${block} } }] }`)],
  ])('says that host bits are why nobody knows: %s', async (stated) => {
    const { layers } = await why('shop/web-1', '203.0.113.7:443', web, stated);
    expect(layers).toContainEqual(
      expect.objectContaining({
        verdict: 'Unknown',
        reason: expect.stringContaining(`${block} has host bits`) as string,
      }),
    );
  });
});

describe('postern why, of a workload', () => {
  const owned = (name: string, owner: string, labels = ''): string => {
    const [kind = '', of = ''] = owner.split('/');
    return `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { app: web${labels} }, ownerReferences: [{ apiVersion: v1, kind: ${kind}, name: ${of}, uid: u, controller: true }] }
spec: { containers: [] }
status: { phase: Running, podIPs: [{ ip: 10.20.1.11 }] }`;
  };
  const set = `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db, namespace: shop, ownerReferences: [{ apiVersion: v1, kind: postgresql, name: pg, uid: u, controller: true }] }
spec: { selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [] } } }`;

  it.each(['shop/db', 'shop/sts/db', 'shop/StatefulSet/db', 'shop/pg', 'shop/db-0'])('finds %s', async (asked) => {
    const { sentence } = await why(asked, '203.0.113.7:443', set, owned('db-0', 'StatefulSet/db'));
    expect(sentence).toContain('shop/db-0 to 203.0.113.7:443');
  });

  it('finds a Service of Knative by its label', async () => {
    const labels = ', serving.knative.dev/service: kn, serving.knative.dev/revision: kn-1';
    const { sentence } = await why(
      'shop/kn',
      '203.0.113.7:443',
      owned('kn-1-x', 'ReplicaSet/kn-1-deployment-5', labels),
    );
    expect(sentence).toContain('shop/kn-1-x to');
  });

  it.each(['shop/d', 'shop/deploy/db', 'shop/db-'])('takes %s for none', async (asked) => {
    const { code } = await runPostern(['why', asked, '203.0.113.7:443', '-f', '-'], {
      stdin: `${set}\n---\n${owned('db-0', 'StatefulSet/db')}`,
    });
    expect(code).toBe(1);
  });
});
