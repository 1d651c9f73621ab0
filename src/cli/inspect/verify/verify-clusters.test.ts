import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { asYaml, podObject, pointObject, policyObject, secretObject } from '../../../../test/kit/objects.ts';
import { startAwsNetworkFirewall } from '../../../../adapters/aws-network-firewall/simulator/simulator.ts';
import { startAzureFirewall } from '../../../../adapters/azure-firewall/simulator/simulator.ts';
import { prepare } from '../../../../adapters/f5-afm/testing/device.ts';
import { tables } from '../../../../adapters/f5-afm/objects/names.ts';
import { startF5Afm } from '../../../../adapters/f5-afm/simulator/simulator.ts';
import { startFortigate } from '../../../../adapters/fortigate/simulator/simulator.ts';
import { runPostern } from '../../testing/run-postern.ts';

/* Two clusters on one firewall that sees pods: whether it can tell their pods apart. */

interface Firewall {
  readonly ca: string;
  readonly credentials: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** A device as its administrator has prepared it for several clusters, and what a point says of it. */
const devices: Readonly<Record<string, () => Promise<{ device: Firewall; config: object }>>> = {
  fortigate: async () => {
    const device = await startFortigate({ port: 0 });
    return { device, config: { url: device.url, carrier: 'objects' } };
  },
  'f5-afm': async () => {
    const device = await startF5Afm({ port: 0 });
    prepare(device);
    device.administer('POST', `/mgmt/tm/${tables.policy}`, { name: 'corporate', partition: 'postern' });
    device.administer('PATCH', '/mgmt/tm/security/firewall/global-rules', { enforcedPolicy: '/postern/corporate' });
    return { device, config: { url: device.url, policy: '/postern/corporate' } };
  },
  'aws-network-firewall': async () => {
    const device = await startAwsNetworkFirewall({ port: 0 });
    return { device, config: device.config ?? {} };
  },
  'azure-firewall': async () => {
    const device = await startAzureFirewall({ port: 0, operationMs: 1 });
    return { device, config: { url: device.url, ...device.config } };
  },
};

let undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo) await step();
  undo = [];
});

interface Cluster {
  readonly address: string;
  readonly networks?: readonly string[];
  readonly vantage?: object;
}

interface Verified {
  readonly consistent: boolean;
  readonly unknown: readonly { readonly workload: string; readonly rule: string; readonly reason: string }[];
}

/** Brings both to the device, and asks each what it makes of it. */
async function both(
  kind: string,
  clusters: Readonly<Record<string, Cluster>>,
): Promise<Readonly<Record<string, Verified>>> {
  const { device, config } = await devices[kind]!();
  const folder = await mkdtemp(join(tmpdir(), 'postern-clusters-'));
  undo.push(
    () => device.close(),
    () => rm(folder, { recursive: true }),
  );
  const run = (cluster: string, ...argv: readonly string[]): ReturnType<typeof runPostern> =>
    runPostern(argv, { environment: { cluster, auditDir: join(folder, `${cluster}-audit`) } });
  for (const [name, cluster] of Object.entries(clusters)) {
    await mkdir(join(folder, name));
    const objects = objectsOf(kind, cluster, device, config);
    await writeFile(join(folder, name, 'all.yaml'), asYaml(objects));
    const ran = await run(name, 'run', '--manifests', join(folder, name), '--once');
    if (ran.code !== 0) throw new Error(ran.out + ran.err);
  }
  const asked = Object.keys(clusters).map(async (name): Promise<[string, Verified]> => {
    const { out } = await run(name, 'verify', '--live', '-f', join(folder, name), '-o', 'json');
    return [name, JSON.parse(out) as Verified];
  });
  return Object.fromEntries(await Promise.all(asked));
}

function objectsOf(adapter: string, { address, networks, vantage }: Cluster, device: Firewall, config: object) {
  const point = pointObject(adapter, config, {
    ...(vantage && { vantage }),
    ...(networks && { clusterNetworks: networks }),
  });
  return [secretObject(device), podObject('web', address), point, policyObject()];
}

describe.each(Object.keys(devices))('two clusters at one %s', (kind) => {
  it('each tell of an address that both have, and of whose it is', async () => {
    const { east, west } = await both(kind, { east: { address: '10.7.0.1' }, west: { address: '10.7.0.1' } });
    for (const [found, other] of [
      [east, 'west'],
      [west, 'east'],
    ] as const)
      expect(found?.unknown.map(({ workload, reason }) => `${workload}: ${reason}`)).toEqual([
        expect.stringContaining(
          `Pod/web: cluster ${other} has 10.7.0.1 there, too, and here 10.7.0.1 is pod shop/web; the firewall cannot tell`,
        ),
      ]);
    expect([east?.consistent, west?.consistent]).toEqual([false, false]);
  });

  it('tell of an address that a pod may get', async () => {
    const { east } = await both(kind, {
      east: { address: '10.7.0.1', networks: ['10.7.0.0/24'] },
      west: { address: '10.7.0.9' },
    });
    expect(east?.unknown[0]?.reason).toContain(
      'has 10.7.0.9 there, too, and pods of this one get theirs out of 10.7.0.0/24 (clusterNetworks)',
    );
  });

  it('are at peace where their networks are their own, or where the firewall does not see pods', async () => {
    const apart = await both(kind, {
      east: { address: '10.7.0.1', networks: ['10.7.0.0/24'] },
      west: { address: '10.7.1.1', networks: ['10.7.1.0/24'] },
    });
    expect([apart['east']?.unknown, apart['west']?.unknown]).toEqual([[], []]);
    const vantage = { type: 'Static', networks: ['192.0.2.1/32'] };
    const behind = await both(kind, {
      east: { address: '10.7.0.1', vantage },
      west: { address: '10.7.0.1', vantage: { ...vantage, networks: ['192.0.2.2/32'] } },
    });
    expect([behind['east']?.unknown, behind['west']?.unknown]).toEqual([[], []]);
  });
});
