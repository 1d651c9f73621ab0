import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from '../../../test/kit/folders.ts';
import { AssignmentLines } from '../../core/addresses/assignment-lines.ts';
import { runPostern } from '../testing/run-postern.ts';

const manifests = `
apiVersion: v1
kind: Pod
metadata:
  name: web-7d4b9-x2x8k
  namespace: shop
  labels: { app: web, pod-template-hash: 7d4b9 }
  ownerReferences: [{ apiVersion: apps/v1, kind: ReplicaSet, name: web-7d4b9, uid: u, controller: true }]
spec: { containers: [], serviceAccountName: web, nodeName: n1 }
status: { phase: Running, podIPs: [{ ip: 10.244.1.1 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: agent, namespace: ops }
spec: { containers: [], nodeName: n1, hostNetwork: true }
status: { phase: Running, podIPs: [{ ip: 192.168.1.5 }] }
---
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce }
---
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
spec:
  subject: { podSelector: { matchLabels: { app: web } } }
  to: [{ networks: [203.0.113.0/24], ports: [{ port: 443 }] }]`;

describe('postern who, of files', () => {
  it('says which workload has the address, and what it reaches by which policy', async () => {
    const { code, out, err } = await runPostern(['who', '10.244.1.1', '-f', '-'], { stdin: manifests });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('shop/Deployment/web');
    expect(out).toContain('203.0.113.0/24 TCP 443');
    expect(out).toMatch(/TCP 443 +EgressPolicy\/shop\/web\n/);
  });

  it('says who else may be behind the address of a node', async () => {
    const { out } = await runPostern(['who', '192.168.1.5', '-f', '-', '-o', 'json'], { stdin: manifests });
    expect(JSON.parse(out)).toMatchObject({
      holders: [{ pod: 'agent', hostNetwork: true }],
      behindNode: [{ pod: 'web-7d4b9-x2x8k' }],
    });
  });

  it('says what annotations claim on other networks as what they claim', async () => {
    const attached = (name: string, ips: string): string => `
---
apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: telco
  annotations: { k8s.v1.cni.cncf.io/network-status: '[{"name":"telco/n2","ips":${ips}}]' }
spec: { containers: [] }
status: { phase: Running, podIPs: [{ ip: 10.244.9.9 }] }`;
    const stdin = manifests + attached('upf', '["10.9.0.4", "10.244.1.1"]');
    const one = await runPostern(['who', '10.9.0.4', '-f', '-'], { stdin });
    expect(one.code).toBe(4);
    expect(one.out).toContain('everyone who may change the pod');
    expect(one.out).toMatch(/telco\/Pod\/upf +upf \(telco\/n2\)/);
    // What a pod has by its status no annotation of another can bring into doubt.
    const other = await runPostern(['who', '10.244.1.1', '-f', '-', '-o', 'json'], { stdin });
    expect(other.code).toBe(0);
    expect(JSON.parse(other.out)).toMatchObject({
      holders: [{ pod: 'web-7d4b9-x2x8k' }],
      claimed: [{ pod: 'upf', network: 'telco/n2' }],
      doubts: [],
    });
  });

  it('says that it is of a node on which nobody is on the host network, or of an object of the network plugin', async () => {
    const stdin = `${manifests}
---
apiVersion: v1
kind: Node
metadata: { name: n1 }
status: { addresses: [{ type: InternalIP, address: 192.168.1.7 }] }
---
apiVersion: k8s.ovn.org/v1
kind: EgressIP
metadata: { name: shop }
spec: { egressIPs: [198.51.100.9], namespaceSelector: {}, podSelector: { matchLabels: { app: web } } }`;
    const node = await runPostern(['who', '192.168.1.7', '-f', '-'], { stdin });
    expect(node.out).toContain('It is an address of node n1.');
    expect(node.out).toContain('shop/Deployment/web');
    const given = await runPostern(['who', '198.51.100.9', '-f', '-'], { stdin });
    expect(given.out).toContain('EgressIP/shop assigns it to the pods of shop/Deployment/web');
    expect(node.out + given.out).not.toContain('No pod had it');
  });

  it('says that nobody has it, in no group', async () => {
    const { code, out } = await runPostern(['who', '10.9.9.9', '-f', '-'], { stdin: manifests });
    expect(code).toBe(0);
    expect(out).toContain('No pod had it.');
    expect(out).toContain('By the intent in no group of any enforcement point; what devices have is on record');
  });

  it.each([
    [['who', 'nonsense', '-f', '-'], '"nonsense" is no address'],
    [['who', '-f', '-'], 'which address?'],
    [['who', '10.0.0.1', '-f', '-', '--at', '1h'], 'files say how it is now'],
    [['who', '10.0.0.1', '--log', 'fortios', '-f', '-'], 'leave out the address'],
  ])('refuses %j, and says why', async (argv, message) => {
    expect(await runPostern(argv, { stdin: manifests })).toMatchObject({
      code: 1,
      err: expect.stringContaining(message) as string,
    });
  });
});

describe('postern who --refused', () => {
  const line = (remote: string): string =>
    JSON.stringify({
      start_time: '2026-11-29T14:05:00.000Z',
      downstream_remote_address: `${remote}:41234`,
      requested_server_name: 'api.example.com',
      connection_termination_details: 'rbac_access_denied_matched_policy[none]',
    });
  const directory = aFolder();
  beforeAll(() => {
    writeFileSync(join(directory, 'all.yaml'), manifests);
  });

  it('says who was refused what, and by whom', async () => {
    const stdin = [line('10.244.1.1'), line('10.244.1.1'), 'no line of a log'].join('\n');
    const asked = ['who', '--log', 'istio-json', '--refused', '-f', directory];
    const { code, out } = await runPostern(asked, { stdin });
    expect(code).toBe(0);
    expect(out.split('\n').map((row) => row.split(/ {2,}/))).toEqual([
      ['WHO', 'SERVICEACCOUNT', 'TO', 'TIMES', 'LAST', 'REFUSED BY'],
      [
        'shop/Deployment/web',
        'shop/web',
        'api.example.com',
        '2',
        '2026-11-29T14:05:00.000Z',
        'no AuthorizationPolicy permits it',
      ],
      [''],
    ]);
    const json = await runPostern([...asked, '-o', 'json'], { stdin });
    expect(JSON.parse(json.out)).toMatchObject([{ to: 'api.example.com', times: 2, last: '2026-11-29T14:05:00.000Z' }]);
    expect((await runPostern(asked, { stdin: '' })).out).toBe('The log has no refused flow.\n');
  });

  it('says that nothing is known of a log in another format, whatever is asked of it', async () => {
    const stdin = 'date=2026-11-29 time=14:05:00 tz="+0000" srcip=10.244.1.1 dstip=203.0.113.7';
    const asked = [
      ['who', '--log', 'istio-json', '--refused', '-f', directory],
      ['who', '--log', 'istio-json', '-f', directory],
      ['suggest', '--log', 'istio-json', '-f', directory],
    ];
    const warning = 'warning: not one line was read as a flow of istio-json: is the log of another format?\n';
    for (const argv of asked) {
      expect((await runPostern(argv, { stdin })).err).toContain(warning);
      expect((await runPostern(argv, { stdin: '' })).err).not.toContain('warning');
    }
    expect((await runPostern(asked[0] ?? [], { stdin: line('10.244.1.1') })).err).toBe('');
  });

  it('needs a log', async () => {
    const { code, err } = await runPostern(['who', '10.244.1.1', '--refused', '-f', directory]);
    expect([code, err]).toEqual([1, expect.stringContaining('--refused is about a log')]);
  });
});

describe('postern who, of the record', () => {
  const start = Date.parse('2026-11-29T14:00:00Z');
  const directory = aFolder();
  beforeAll(() => {
    const lines = new AssignmentLines(start);
    const holder = {
      namespace: 'shop',
      serviceAccount: 'web',
      workload: 'Deployment/web',
      node: 'n1',
      hostNetwork: false,
    };
    const first = lines.held('10.2.3.4', { ...holder, pod: 'web-1' }, start - 60_000);
    const rest = lines.ended(start + 600_000, first.number) + lines.looked(start + 3_600_000);
    mkdirSync(join(directory, '.addresses'));
    writeFileSync(join(directory, '.addresses', '20261129T140000000Z-1.txt'), lines.first() + first.lines + rest);
  });
  const whoHad = (...when: string[]) => runPostern(['who', '10.2.3.4', ...when, '--audit-dir', directory]);

  it('says who had it then', async () => {
    const { code, out } = await whoHad('--at', '2026-11-29T14:05:00Z');
    expect(code).toBe(0);
    expect(out).toContain('shop/Deployment/web');
    expect(out).toContain('2026-11-29T14:10:00.000Z');
  });

  it('ends with 4 where nobody can tell', async () => {
    const { code, out } = await whoHad('--at', '2026-11-29T16:00:00Z');
    expect(code).toBe(4);
    expect(out).toContain('Not known.');
    expect(out).toContain('The record goes from 2026-11-29T14:00:00.000Z to 2026-11-29T15:00:00.000Z');
  });

  it('is of the last moment on record where nobody says when', async () => {
    const { code, out } = await whoHad('--record');
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^10\.2\.3\.4 at 2026-11-29T15:00:00\.000Z\n {2}No pod had it/),
    ]);
  });

  it('says that there is none', async () => {
    const { code, out } = await runPostern(['who', '10.2.3.4', '--at', '1h', '--audit-dir', join(directory, 'none')]);
    expect(code).toBe(4);
    expect(out).toContain('There is no record of addresses here');
  });

  it('adds the workload to each line of a log, and passes on what it cannot read', async () => {
    const lines = [
      'date=2026-11-29 time=14:05:00 tz="+0000" srcip=10.2.3.4 dstip=203.0.113.7',
      'something else',
      'date=2026-11-29 time=14:30:00 tz="+0000" srcip=10.2.3.4 dstip=203.0.113.7',
      'date=2026-11-29 time=20:00:00 tz="+0000" srcip=10.2.3.4',
    ];
    const { code, out, err } = await runPostern(['who', '--log', 'fortios', '--audit-dir', directory], {
      stdin: lines.join('\n'),
    });
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      `${lines[0]} postern_certainty="known" postern_workload="shop/Deployment/web" postern_pod="shop/web-1" postern_serviceaccount="shop/web" postern_node="n1"`,
      lines[1],
      `${lines[2]} postern_certainty="nobody"`,
      `${lines[3]} postern_certainty="not-known"`,
      '',
    ]);
    expect(err).toBe('4 lines: 1 with their workload, 2 in doubt, 1 without a flow or unreadable\n');
  });

  it.each(['', '\r\n'])('adds it as a field to JSON, whose lines end with %j', async (end) => {
    const line = '{"timestamp":"2026-11-29T14:05:00.000000+0000","src_ip":"10.2.3.4"}';
    const stdin = `${line}${end}`;
    const { out } = await runPostern(['who', '--log', 'suricata-eve', '--audit-dir', directory], { stdin });
    expect(JSON.parse(out)).toMatchObject({
      src_ip: '10.2.3.4',
      postern: { certainty: 'known', holders: [{ workload: 'Deployment/web' }] },
    });
  });
});
