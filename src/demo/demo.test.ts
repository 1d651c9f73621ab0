import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { startF5Afm } from '../../adapters/f5-afm/simulator/simulator.ts';
import { startFortigate } from '../../adapters/fortigate/simulator/simulator.ts';
import { startAwsNetworkFirewall } from '../../adapters/aws-network-firewall/simulator/simulator.ts';
import { startAzureFirewall } from '../../adapters/azure-firewall/simulator/simulator.ts';
import { startGcpFirewall } from '../../adapters/gcp-firewall/simulator/simulator.ts';
import { startPanos } from '../../adapters/panos/simulator/simulator.ts';
import { adapters } from '../../adapters/index.ts';
import type { Loss } from '../core/model/resource.ts';
import type { Simulator } from '../../kit/simulator/simulator.ts';
import { readManifests } from '../kube/manifests/read-files.ts';
import { systemClock } from '../compose/clock.ts';
import { demo } from './demo.ts';
import type { Firewall } from './firewalls.ts';
import type { Trial } from './proof.ts';
import { alike } from './reports.ts';
import { Tally } from './tally.ts';

/** A day of the example company behind these. */
async function play(devices: readonly Simulator[]): Promise<{ readonly tally: Tally; readonly text: string }> {
  const { snapshot } = await readManifests(['examples/company'], () => Promise.reject(new Error('not asked for')));
  const lines: string[] = [];
  const tally = await demo({
    company: snapshot,
    firewalls: devices.map(firewallOf),
    adapters: async (kind) => adapters[kind]?.(),
    clock: systemClock,
    write: (line) => lines.push(line),
    paint: (text) => text,
    pauseMs: 0,
    temporaryAccessMs: 1_000,
  });
  const text = lines.join('\n');
  expect(text).toContain('\n8. Time passes');
  return { tally, text };
}

/** What the demo says of who denies what. */
const stopped = (text: string): readonly string[] => {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line.includes(' is stopped '));
};

/** The scene that README.md shows, without the table of its firewalls. */
function sceneOfReadme(): string {
  const [, scene = ''] = /```\n(\d+\. [^]+?)\n```/.exec(readFileSync('README.md', 'utf8')) ?? [];
  return scene.replace(/\n.* changes in the cluster [^]*/, '');
}

const firewallOf = (device: Simulator): Firewall => ({ point: device.kind, title: device.kind, device });

describe('the demo', () => {
  const devices: Simulator[] = [];
  afterEach(() => Promise.all(devices.splice(0).map((device) => device.close())));

  it('ends with two firewalls that agree with the intent at every moment, and a record of every request', async () => {
    devices.push(await startFortigate({ port: 0 }), await startF5Afm({ port: 0, prepared: true }));
    const { tally, text } = await play(devices);
    expect(text).toContain('AFM knows no wildcard names');
    expect(sceneOfReadme()).toContain('\n   + 10.20.3.50  join ');
    expect(text).toContain(sceneOfReadme());
    expect(text.match(/one to one, in order; chain of \d+ records intact/g)).toHaveLength(2);
    expect(text).not.toContain('they do not match');
    expect(stopped(text)).toEqual([
      expect.stringMatching(
        /^shop\/web-1 to github.com:443\/TCP .* in the mesh \(sidecar\): Sidecar\/shop\/.* no visible/,
      ),
      expect.stringMatching(
        /^shop\/checkout-bare to smtp.* by a network policy: NetworkPolicy\/shop\/\S+ isolates the pod/,
      ),
      expect.stringMatching(/^office\/wiki-1 to 203.0.113.0:5432\/TCP .* at fortigate: \S+ denies it/),
    ]);
    const [, byWhy, byDevice] =
      /at fortigate: (\S+) denies it.*\n.*the packet at the fortigate: Deny \((\S+)\)/.exec(text) ?? [];
    expect(byDevice).toBe(byWhy);
    expect(tally.all.flows).toBeGreaterThan(7_000);
    expect(tally.all.mismatches).toEqual([]);
  });

  it('says loudly where the tables of the firewall do otherwise than the layer that should stop a flow', async () => {
    devices.push(await startFortigate({ port: 0 }));
    const [fortigate] = devices;
    if (fortigate === undefined) throw new Error('one is started');
    const lenient: Simulator = {
      ...fortigate,
      verdict: (flow) => (flow.dst === '203.0.113.0' ? { action: 'Accept', rule: 'old' } : fortigate.verdict(flow)),
    };
    expect((await play([lenient])).text).toContain('! the packet at the fortigate: Accept (old)');
  });

  it('counts every packet that one of them lets through and nobody asked for', async () => {
    devices.push(await startFortigate({ port: 0 }), await startF5Afm({ port: 0, prepared: true }));
    const [fortigate, bigIp] = devices;
    if (fortigate === undefined || bigIp === undefined) throw new Error('two are started');
    const lenient: Simulator = {
      ...bigIp,
      verdict: (flow) => (flow.host === 'smtp.mail.example' ? { action: 'Accept', rule: 'old' } : bigIp.verdict(flow)),
    };
    expect((await play([fortigate, lenient])).tally.all.mismatches).toHaveLength(50);
  });

  it(
    'is one intent at six kinds of perimeter, each of which permits the matrix, or less where it said so',
    { timeout: 180_000 },
    async () => {
      devices.push(
        await startFortigate({ port: 0 }),
        await startF5Afm({ port: 0, prepared: true }),
        await startPanos({ port: 0, commitMs: 50 }),
        await startAwsNetworkFirewall({ port: 0 }),
        await startAzureFirewall({ port: 0, operationMs: 50 }),
        await startGcpFirewall({ port: 0, operationMs: 50 }),
      );
      const { tally } = await play(devices);
      expect(tally.all.mismatches).toEqual([]);
      const left = devices.map((device) => {
        const { leftOut, accepted } = tally.of(device.kind);
        expect(accepted).toBeGreaterThan(500);
        return [
          device.kind,
          [...new Set(leftOut.map(({ destination, port }) => `${destination} ${port}`))].sort(),
        ] as const;
      });
      const wildcard = ['*.githubusercontent.com 443'];
      const mail = ['smtp.mail.example 587'];
      expect(Object.fromEntries(left)).toEqual({
        fortigate: [],
        'f5-afm': wildcard,
        panos: wildcard,
        'aws-network-firewall': mail,
        // Nothing from or to an IPv6 address.
        'azure-firewall': ['2001:db8:77:: 443', ...mail],
        'gcp-firewall': wildcard,
      });
    },
  );
});

it('tells once what differs in an address alone', () => {
  const loss = (message: string): Loss => ({ effect: 'narrowed', id: 'a', code: 'ipv4-only', message });
  const told = ['2001:db8::1 is IPv6: left out.', '2001:db8:20::/48 is IPv6: left out.', '*.example.com is left out.'];
  expect(alike(told.map(loss))).toEqual([
    { message: told[0], rules: 2 },
    { message: told[2], rules: 1 },
  ]);
});

describe('a tally', () => {
  const trial: Trial = {
    ...{ who: 'shop/web', src: '10.0.0.1', to: 'www.example.com', destination: '*.example.com' },
    ...{ port: 443, protocol: 'TCP', intent: 'Accept', firewall: 'Deny', rule: 'implicit' },
  };
  const firewall = { point: 'edge', title: 'Edge', device: {} as Simulator };
  const told = ({ destination }: Trial): boolean => destination === '*.example.com';

  it('excuses what a firewall said that it does not accept', () => {
    const counted = { flows: 1, accepted: 0, leftOut: [trial], mismatches: [] };
    expect(new Tally().add(firewall, [trial], told)).toEqual(counted);
  });

  it('excuses nothing else, and never what is let through', () => {
    const open: Trial = { ...trial, intent: 'Deny', firewall: 'Accept' };
    const tally = new Tally();
    tally.add(firewall, [open], told);
    tally.add(firewall, [trial], () => false);
    expect(tally.all).toEqual({ flows: 2, accepted: 1, leftOut: [], mismatches: [open, trial] });
  });
});
