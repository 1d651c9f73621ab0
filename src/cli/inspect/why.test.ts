import { describe, expect, it } from 'vitest';
import type { Why } from '../../verify/why/step.ts';
import { runPostern } from '../testing/run-postern.ts';

/* `postern why` on files: what a person is told about flows that do not go where they were meant to. */

async function why(pod: string, to: string, ...documents: readonly string[]): Promise<Why> {
  const { out, err } = await runPostern(['why', pod, to, '-f', '-', '-o', 'json'], {
    stdin: documents.join('\n---\n'),
  });
  expect(err).toBe('');
  return JSON.parse(out) as Why;
}

const meshed = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Pod
metadata: { name: web-1, namespace: shop, labels: { app: web } }
spec: { serviceAccountName: web, containers: [] }
status: { phase: Running, podIPs: [{ ip: 10.20.1.11 }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data: { mesh: '{ outboundTrafficPolicy: { mode: REGISTRY_ONLY } }' }
---
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce }`;

function entry(host: string, spec: string, created = '2026-01-01T00:00:00Z'): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${host.split('.')[0] ?? ''}, namespace: shop, creationTimestamp: '${created}' }
spec: { hosts: [${host}], location: MESH_EXTERNAL, resolution: DNS, ${spec} }`;
}

function policy(...to: readonly string[]): string {
  const items = to.map((item) => {
    const [host = '', port = ''] = item.split(':');
    return `{ domainNames: [${host}], ports: [{ port: ${port} }] }`;
  });
  return `
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
spec: { subject: { allPods: true }, to: [${items.join(', ')}] }`;
}

const mysql = 'ports: [{ number: 3306, name: tcp, protocol: TCP }]';
const databases = [entry('db-a.example.com', mysql), entry('db-b.example.com', mysql, '2026-01-02T00:00:00Z')].join(
  '\n---\n',
);

describe('postern why, where the mesh sends a flow elsewhere', () => {
  it('says that a permitted flow is taken by a ServiceEntry without addresses, and what becomes of it', async () => {
    const {
      verdict,
      policy: by,
      sentence,
    } = await why('shop/web-1', 'db-b.example.com:3306', meshed, databases, policy('db-b.example.com:3306'));
    expect([verdict, by]).toEqual(['Deny', 'EgressPolicy/shop/web']);
    expect(sentence).toMatch(
      /^shop\/web-1 to db-b\.example\.com:3306\/TCP is permitted by EgressPolicy\/shop\/web and does not get there: ServiceEntry\/shop\/db-a has no addresses, and so takes whatever goes to port 3306, and the mesh sends it to db-a\.example\.com:3306\. That is permitted by no policy, and is stopped at edge because/,
    );
    expect(sentence).not.toMatch(/write an EgressPolicy/);
  });

  it('does not call a forbidden flow allowed because it would be taken to a permitted host', async () => {
    const answer = await why('shop/web-1', 'db-b.example.com:3306', meshed, databases, policy('db-a.example.com:3306'));
    expect(answer).toMatchObject({ verdict: 'Deny', policy: null });
    expect(answer.sentence).toMatch(
      /is permitted by no policy and does not get there: .*db-a\.example\.com:3306\. That is permitted by EgressPolicy\/shop\/web, and gets out, through edge/,
    );
  });

  it('names the VirtualService that leads to another host', async () => {
    const route = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: moved, namespace: shop }
spec:
  hosts: [api.example.com]
  tls: [{ match: [{ sniHosts: [api.example.com] }], route: [{ destination: { host: other.example.com } }] }]`;
    const tls = 'ports: [{ number: 443, name: tls, protocol: TLS }]';
    const hosts = [entry('api.example.com', tls), entry('other.example.com', tls), route];
    const answer = await why('shop/web-1', 'api.example.com:443', meshed, ...hosts, policy('api.example.com:443'));
    const { verdict, layers, sentence } = answer;
    expect(verdict).toBe('Deny');
    expect(layers.find((step) => step.layer === 'sidecar')).toMatchObject({
      verdict: 'Deny',
      rule: 'VirtualService/shop/moved',
      advice: 'change VirtualService/shop/moved if that is not meant',
    });
    expect(sentence).toMatch(
      /VirtualService\/shop\/moved leads to other\.example\.com port 443, and the mesh sends it/,
    );
  });

  it('names the target port through which a permitted flow leaves instead', async () => {
    const http = 'ports: [{ number: 80, name: http, protocol: HTTP, targetPort: 8080 }]';
    const documents = [meshed, entry('api.example.com', http), policy('api.example.com:80')];
    const answer = await why('shop/web-1', 'api.example.com:80', ...documents);
    expect(answer).toMatchObject({ verdict: 'Deny', policy: 'EgressPolicy/shop/web' });
    expect(answer.sentence).toMatch(
      /and leaves by another port: ServiceEntry\/shop\/api has targetPort 8080 for port 80, .*\. That is permitted by no policy, and is stopped at edge because .*; name that port in the policy/,
    );
  });

  it('calls nothing blocked that an object which cannot be read may let out, and names that object', async () => {
    const broken = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: db, namespace: shop }
spec: { hosts: [db.example.com], location: MESH_EXTERNAL, ports: [{ number: '3306', name: tcp, protocol: TCP }] }`;
    const permits = `
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: db, namespace: shop }
spec: { subject: { allPods: true }, to: [{ domainNames: [db.example.com], ports: [{ port: 3306 }] }] }`;
    const { code, out } = await runPostern(['why', 'shop/web-1', 'db.example.com:3306', '-f', '-', '-o', 'json'], {
      stdin: [meshed, permits, broken].join('\n---\n'),
    });
    const answer = JSON.parse(out) as Why;
    expect([code, answer.verdict]).toEqual([0, 'Unknown']);
    expect(answer.sentence).toMatch(/nobody knows whether it gets out: ServiceEntry\/shop\/db cannot be read/);
  });

  it('says nothing of it where a flow gets to what it asked for', async () => {
    const addressed = entry('db-c.example.com', `${mysql}, addresses: [203.0.113.10]`);
    const asked = [meshed, addressed, policy('db-c.example.com:3306')];
    const byName = await why('shop/web-1', 'db-a.example.com:3306', meshed, databases, policy('db-a.example.com:3306'));
    expect(byName).toMatchObject({ verdict: 'Accept', sentence: expect.stringContaining('is allowed by') as string });
    const byAddress = await why('shop/web-1', '203.0.113.10:3306', ...asked);
    expect(byAddress).toMatchObject({ verdict: 'Accept', policy: 'EgressPolicy/shop/web' });
  });
});

function pod(name: string, created: string, more = ''): string {
  return `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { app: ${name} }, creationTimestamp: '${created}'${more} }
spec: { serviceAccountName: ${name}, containers: [] }
status: { phase: Running, podIPs: [{ ip: 10.20.1.11 }] }`;
}

const perimeter = `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce }
---
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: all, namespace: shop }
spec: { subject: { allPods: true }, to: [{ networks: [203.0.113.0/24], ports: [{ port: 443 }] }] }`;

const older = pod('older', '2026-01-01T00:00:00Z');
const newer = pod('newer', '2026-01-02T00:00:00Z');

async function run(command: readonly string[], ...documents: readonly string[]) {
  const { code, out } = await runPostern([...command, '-f', '-', '-o', 'json'], { stdin: documents.join('\n---\n') });
  return { code, json: JSON.parse(out) as Record<string, unknown> };
}

it('says of a pod that is there and cannot be read why it cannot', async () => {
  const broken = pod('web', '2026-01-01T00:00:00Z').replace('10.20.1.11', '010.20.1.11');
  const { code, err } = await runPostern(['why', 'shop/web', '203.0.113.7:443', '-f', '-'], { stdin: broken });
  expect(code).toBe(1);
  expect(err).toMatch(/Pod\/shop\/web cannot be read: status\.podIP\S* must be an IPv4 or IPv6 address/);
});

describe('two live pods with one address', () => {
  const lost = '10.20.1.11 is claimed by pod shop/newer, too, which is newer (created 2026-01-02T00:00:00Z)';

  it('why says who has it, and that nobody knows what becomes of the other', async () => {
    const loser = await why('shop/older', '203.0.113.7:443', older, newer, perimeter);
    expect(loser.verdict).toBe('Unknown');
    expect(loser.sentence).toContain(`${lost} and so has it; find out which of the pods really has the address`);
    const owner = await why('shop/newer', '203.0.113.7:443', older, newer, perimeter);
    expect(owner.verdict).toBe('Accept');
    expect(owner.layers).toContainEqual({
      layer: 'source',
      point: 'edge',
      verdict: 'Accept',
      rule: '10.20.1.11',
      reason: 'the address of the pod, which claims it before shop/older, for it is newer',
    });
  });

  it('verify does not call it consistent, and lint warns', async () => {
    const { code, json } = await run(['verify'], older, newer, perimeter);
    expect(code).toBe(4);
    expect(json['unknown']).toMatchObject([
      { rule: 'Pod/shop/older', point: 'edge', reason: expect.stringContaining(lost) as string },
    ]);
    const { problems } = (await run(['lint'], older, newer, perimeter)).json as {
      problems: readonly { code: string }[];
    };
    expect(problems.filter((problem) => problem.code === 'shared-address')).toMatchObject([
      { severity: 'warning', subject: 'Pod/shop/older', field: 'status.podIPs' },
    ]);
  });

  it.each([
    ['ended', older.replace('Running', 'Succeeded'), 'has ended (Succeeded)'],
    ['failed', older.replace('phase: Running', 'phase: Failed, reason: NodeLost'), 'has ended (NodeLost)'],
    ['evicted', older.replace('phase: Running', 'phase: Failed, reason: Evicted'), 'has been evicted'],
  ])('names a pod that has %s as the cause, and takes nothing for shared', async (_, gone, fate) => {
    const { verdict, sentence } = await why('shop/older', '203.0.113.7:443', gone, newer, perimeter);
    expect(verdict).toBe('Deny');
    expect(sentence).toContain(
      `is blocked at its start because the pod ${fate}: it opens no connections, and its address is not its own any more; ask about the pod that replaces it`,
    );
    expect((await run(['verify'], gone, newer, perimeter)).code).toBe(0);
  });

  it('names a pod that is being deleted as the cause', async () => {
    const going = pod('older', '2026-01-01T00:00:00Z', ", deletionTimestamp: '2026-01-03T00:00:00Z'");
    const { verdict, sentence } = await why('shop/older', '203.0.113.7:443', going, newer, perimeter);
    expect(verdict).toBe('Deny');
    expect(sentence).toContain('is blocked before edge because the pod is being deleted (metadata.deletionTimestamp)');
    expect((await run(['verify'], going, newer, perimeter)).code).toBe(0);
  });

  it('lets out a pod that is being deleted for as long as its policy keeps its grants', async () => {
    const due = new Date(Date.now() + 300_000).toISOString();
    const going = pod(
      'older',
      '2026-01-01T00:00:00Z',
      `, deletionTimestamp: '${due}', deletionGracePeriodSeconds: 310`,
    );
    const keeping = perimeter.replace(
      'allPods: true }',
      'allPods: true }, terminating: KeepUntilGone, terminatingLimitSeconds: LIMIT',
    );
    const asked = (limit: number): ReturnType<typeof why> =>
      why('shop/older', '203.0.113.7:443', going, keeping.replace('LIMIT', String(limit)));
    expect((await asked(600)).verdict).toBe('Accept');
    expect((await asked(1)).sentence).toContain('because the pod is being deleted (metadata.deletionTimestamp)');
    // Another live pod with the address has it at once.
    expect((await why('shop/older', '203.0.113.7:443', going, newer, keeping.replace('LIMIT', '600'))).verdict).toBe(
      'Deny',
    );
  });

  it('says where a workload is inferred by the convention of its controller', async () => {
    const owner =
      'ownerReferences: [{ apiVersion: apps/v1, kind: ReplicaSet, name: web-7d9f, uid: x, controller: true }]';
    const web = pod('web', '2026-01-01T00:00:00Z', `, ${owner}`).replace(
      'app: web',
      'app: web, pod-template-hash: 7d9f',
    );
    const { restsOn } = await why('shop/web', '203.0.113.7:443', web, perimeter);
    expect(restsOn).toContain(
      "workload Deployment/web: by the convention of its controller, the owner of the pod's owner not being at hand",
    );
  });

  it('is no matter behind the addresses of nodes', async () => {
    const node =
      'apiVersion: v1\nkind: Node\nmetadata: { name: n1 }\nstatus: { addresses: [{ type: InternalIP, address: 192.0.2.9 }] }';
    const behind = perimeter.replace('mode: Enforce', 'mode: Enforce, vantage: { type: Node }');
    const on = (one: string): string => one.replace('containers', 'nodeName: n1, containers');
    expect((await run(['verify'], on(older), on(newer), node, behind)).code).toBe(0);
  });
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
    expect(permitted.sentence).toMatch(/is allowed by .*; nothing of ours is in force at edge, in mode Observe\.$/);
    expect(permitted.restsOn).toEqual(['edge: it only observes, so that nothing of ours is in force there']);
    const forbidden = await why('shop/web', '192.0.2.1:443', web, observing);
    expect(forbidden.verdict).toBe('Accept');
    expect(forbidden.sentence).toMatch(
      /gets out although no policy permits it.*: mode Enforce would put it in force\.$/,
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
        /is not permitted by the intent, and nobody knows .*: no rule accepts it, and what was there before may still/,
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
      expect(answer.sentence).toMatch(/no rule accepts it: AFM knows no wildcard names.*; ask for it in a way/);
    }
  });

  it('says on what it rests', async () => {
    const bare = await why('shop/web', '203.0.113.7:443', web, perimeter);
    expect(bare.restsOn).toEqual(['edge: what would be written there; ask with --live what its device has']);
    const status = `{ lastSyncTime: '2026-01-02T00:00:00Z', conditions: [${condition('True', 'Programmed')}] }`;
    const told = await why('shop/web', '203.0.113.7:443', web, withStatus('EnforcementPoint', status));
    expect(told.restsOn).toEqual([
      'edge: what would be written there, and its status, Programmed: as the test says, last read back 2026-01-02T00:00:00Z',
    ]);
    const alone = await why('shop/web', '203.0.113.7:443', web);
    expect(alone.restsOn).toEqual(['the intent alone: no enforcement point covers the namespace']);
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

describe('postern why, of a cluster that nobody names', () => {
  it('calls rules as they are called where its points wrote to', async () => {
    const { layers } = await why(
      'shop/web-1',
      '203.0.113.7:443',
      `${meshed.slice(0, meshed.indexOf('apiVersion: v1\nkind: ConfigMap')).replace('istio-injection: enabled', 'a: b')}
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce, clusterNetworks: [10.20.0.0/16] }
status: { writesTo: 'memory edge, cluster east' }`,
    );
    const [last] = layers.filter(({ point }) => point === 'edge').toReversed();
    expect(last?.rule).toMatch(/^pn-east-/);
  });
});

describe('postern why, of a port that takes one protocol alone', () => {
  it('says so, and what the flow is taken to speak', async () => {
    const tls = entry('api.example.com', 'ports: [{ number: 8443, name: tls, protocol: TLS }]');
    const { layers } = await why('shop/web-1', 'api.example.com:8443', meshed, tls, policy('api.example.com:8443'));
    expect(layers.find(({ layer }) => layer === 'sidecar')?.reason).toContain(
      'ServiceEntry/shop/api takes TLS alone on port 8443, and the flow is taken to speak plain TCP',
    );
  });

  const spoken = (...ports: readonly string[]): string => `
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
spec: { subject: { allPods: true }, to: [${ports.map((port) => `{ domainNames: ['*.example.com'], ports: [${port}] }`).join(', ')}] }`;
  const tls = entry('api.example.com', 'ports: [{ number: 8443, name: tls, protocol: TLS }]');
  const sidecar = async (...documents: readonly string[]) => {
    const { layers } = await why('shop/web-1', 'api.example.com:8443', meshed, tls, ...documents);
    return layers.find(({ layer }) => layer === 'sidecar')?.verdict;
  };

  it('takes it to speak what the policy says', async () => {
    expect(await sidecar(spoken('{ port: 8000, endPort: 9000, appProtocol: tls }'))).toBe('Accept');
    expect(await sidecar(spoken('{ port: 8443, appProtocol: http }'))).toBe('Deny');
    expect(await sidecar(spoken('{ port: 443, appProtocol: tls }, { port: 8443 }'))).toBe('Deny');
  });

  it('goes by the port where policies do not agree, and asks none of other namespaces', async () => {
    const two = spoken('{ port: 8443, appProtocol: tls }', '{ port: 8443, appProtocol: http }');
    expect(await sidecar(two)).toBe('Deny');
    const others = spoken('{ port: 8443, appProtocol: tls }').replace('namespace: shop', 'namespace: crm');
    expect(await sidecar(policy('api.example.com:8443'), others)).toBe('Deny');
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
