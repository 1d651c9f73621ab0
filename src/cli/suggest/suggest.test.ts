import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aFolderOfTest } from '../../../test/kit/folders.ts';
import { Compiler } from '../../core/compile/compiler.ts';
import { toChanges } from '../../core/compile/changes.ts';
import { parseAddress } from '../../net/address.ts';
import { containsCidr, strictCidr } from '../../net/cidr.ts';
import { readManifests } from '../../kube/manifests/read-files.ts';
import { runPostern } from '../testing/run-postern.ts';

interface Flow {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly proto: 6 | 17;
}

const pods = [
  { name: 'web-1', app: 'web', address: '10.244.0.1' },
  { name: 'web-2', app: 'web', address: '10.244.0.2' },
  { name: 'job-1', app: 'job', address: '10.244.0.3' },
];
const world = [
  ...pods.map(
    ({ name, app, address }) => `
apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: shop
  labels: { app: ${app}, part-of: shop, pod-template-hash: h${name.slice(-1)} }
  ownerReferences: [{ apiVersion: apps/v1, kind: StatefulSet, name: ${app}, uid: u, controller: true }]
spec: { containers: [], nodeName: n1 }
status: { phase: Running, podIPs: [{ ip: ${address} }] }`,
  ),
  `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce }`,
].join('\n---');

function fortios({ from, to, port, proto }: Flow, action = 'close', more = ''): string {
  return `date=2026-11-29 time=14:05:00 tz="+0000" srcip=${from} dstip=${to} dstport=${port} proto=${proto} action="${action}"${more}`;
}

async function suggested(lines: readonly string[], ...more: readonly string[]) {
  const directory = aFolderOfTest();
  writeFileSync(join(directory, 'world.yaml'), world);
  const argv = ['suggest', '--log', 'fortios', '-f', join(directory, 'world.yaml'), ...more];
  return await runPostern(argv, { stdin: lines.join('\n') });
}

/** Does a point that holds these policies let the flow pass? Read off the rules, first match. */
async function permits(policies: string): Promise<(flow: Flow) => boolean> {
  const { snapshot, problems } = await readManifests(['-'], () =>
    Promise.resolve(Buffer.from(`${world}\n---\n${policies}`)),
  );
  expect(problems).toEqual([]);
  const compiler = new Compiler();
  compiler.apply(toChanges(snapshot), '2026-11-29T00:00:00Z');
  const desired = compiler.desired('edge');
  const members = new Map(desired?.groups.map((group) => [group.id, new Set(group.members)]));
  return ({ from, to, port, proto }) => {
    const address = parseAddress(to);
    const rule = desired?.rules.find(
      ({ sources, destination, ports }) =>
        sources.some((id) => members.get(id)?.has(from)) &&
        (destination.any ||
          destination.networks.some((text) => address !== undefined && containsCidr(strictCidr(text), address))) &&
        (ports.length === 0 ||
          ports.some(
            ({ port: first, endPort = first, protocol }) =>
              first <= port && port <= endPort && (protocol === 'TCP' ? 6 : 17) === proto,
          )),
    );
    return rule?.action === 'Accept';
  };
}

describe('postern suggest', () => {
  it('permits every flow that was seen, and of the workloads no other', async () => {
    const flow = fc.record({
      from: fc.constantFrom(...pods.map(({ address }) => address)),
      to: fc.constantFrom('203.0.113.1', '203.0.113.2', '198.51.100.7'),
      port: fc.constantFrom(443, 80, 53),
      proto: fc.constantFrom(6 as const, 17 as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(flow, { minLength: 1, maxLength: 12 }), async (flows) => {
        const { out, code } = await suggested(flows.map((one) => fortios(one)));
        expect(code).toBe(0);
        const isPermitted = await permits(out);
        const workload = (from: string): string => pods.find(({ address }) => address === from)?.app ?? '';
        for (const from of pods.map(({ address }) => address))
          for (const to of ['203.0.113.1', '203.0.113.2', '198.51.100.7'])
            for (const port of [443, 80, 53])
              for (const proto of [6, 17] as const) {
                // What one pod of a workload did, all of them may.
                const wasSeen = flows.some(
                  (one) =>
                    workload(one.from) === workload(from) && one.to === to && one.port === port && one.proto === proto,
                );
                expect(isPermitted({ from, to, port, proto }), `${from} ${to} ${port} ${proto}`).toBe(wasSeen);
              }
      }),
      { numRuns: 40 },
    );
  });

  it('says how often and when, and selects by the label that tells workloads apart', async () => {
    const flow = { from: '10.244.0.1', to: '203.0.113.1', port: 443, proto: 6 } as const;
    const { out, err } = await suggested([fortios(flow), fortios(flow)]);
    expect(out).toContain('# seen 2 times, 2026-11-29T14:05:00.000Z to 2026-11-29T14:05:00.000Z');
    expect(out).toContain('app: web');
    expect(out).not.toContain('pod-template-hash');
    expect(err).toContain('2 lines: 2 counted');
  });

  it('counts nothing that was refused, that stays within the cluster, or whose pod nobody knows', async () => {
    const flow = { from: '10.244.0.1', to: '203.0.113.1', port: 443, proto: 6 } as const;
    const { out, err } = await suggested(
      [
        fortios(flow, 'deny'),
        fortios({ ...flow, to: '10.244.0.3' }),
        fortios({ ...flow, to: '10.96.0.1' }),
        fortios({ ...flow, from: '10.9.9.9' }),
        'half a li',
      ],
      '--inside',
      '10.96.0.0/12',
    );
    expect(out).toBe('');
    expect(err).toBe(
      '5 lines: 0 counted, 1 refused by the device, 2 within the cluster, 1 of an unknown pod, 1 without a flow or unreadable\n',
    );
  });

  it('counts a flow whose end the log does not tell any more', async () => {
    const timestamp = '2026-11-29T14:05:00.000000+0000';
    const ends = { src_ip: '10.244.0.1', src_port: 40_000, dest_ip: '203.0.113.1', dest_port: 443, proto: 'TCP' };
    const seen = { event_type: 'tls', flow_id: 7, timestamp, ...ends, tls: { sni: 'api.example.com' } };
    const { out, err } = await suggested([JSON.stringify(seen)], '--log', 'suricata-eve');
    expect(out).toContain('203.0.113.1/32');
    expect(err).toContain('1 line: 1 counted');
  });

  it('is wider than what was seen only if it is told to', async () => {
    const flow = { from: '10.244.0.1', to: '203.0.113.1', port: 443, proto: 6 } as const;
    const line = fortios(flow, 'close', ' hostname="api.example.com"');
    expect((await suggested([line])).out).toContain('203.0.113.1/32');
    expect((await suggested([line], '--network-prefix', '24')).out).toContain('203.0.113.0/24');
    const named = (await suggested([line], '--names-from-sni')).out;
    expect(named).toContain('api.example.com');
    expect(named).not.toContain('203.0.113');
  });

  it('takes no pattern and no address that a client says for a name', async () => {
    const flow = { from: '10.244.0.1', to: '203.0.113.1', port: 443, proto: 6 } as const;
    for (const name of ['*.example.com', '198.51.100.9', 'a b', '*']) {
      const { out } = await suggested([fortios(flow, 'close', ` hostname="${name}"`)], '--names-from-sni');
      expect(out).toContain('203.0.113.1/32');
    }
  });

  it.each([
    [['--inside', '10.0.0.1/8'], 'has bits set beyond its prefix'],
    [['--network-prefix', '99'], 'whole number from 0 to 32'],
  ])('refuses %j, and says why', async (more, message) => {
    const { code, err } = await suggested([], ...more);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });
});
