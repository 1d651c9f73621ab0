import { afterEach, describe, expect, it } from 'vitest';
import { adapters } from '../../adapters/index.ts';
import { startFortigate, type FortigateSimulator } from '../../adapters/fortigate/simulator/simulator.ts';
import type { Capabilities } from '../../src/adapter/capabilities.ts';
import { Compiler } from '../../src/core/compile/compiler.ts';
import type { ObjectChange } from '../../src/core/model/snapshot.ts';
import { aNamespace, aPod, aPoint, aPolicy } from '../kit/builders.ts';
import { anEmbedded } from '../kit/embedded.ts';

/* A tenant asks a device for more groups than it holds. Whoever asks for hundreds goes without, and nobody else. */

const victims = 5;
const [before, after] = ['2026-01-01T00:00:00Z', '2026-06-01T00:00:00Z'];

/** Each in a namespace of its own, with one pod that may leave. */
function victimsSince(creationTimestamp: string): readonly ObjectChange[] {
  return range(victims, (i) => {
    const namespace = `victim-${i}`;
    return [
      { kind: 'Namespace', key: namespace, object: aNamespace(namespace) },
      { kind: 'Pod', key: `${namespace}/web`, object: aPod({ namespace, name: 'web', addresses: [addressOf(i)] }) },
      policy(namespace, 'out', {}, creationTimestamp),
    ] satisfies readonly ObjectChange[];
  }).flat();
}

type Spec = Parameters<typeof aPolicy>[0];

function policy(namespace: string, name: string, spec: Spec, creationTimestamp: string): ObjectChange {
  const metadata = { namespace, name, uid: `${namespace}-${name}`, creationTimestamp };
  return { kind: 'EgressPolicy', key: `${namespace}/${name}`, object: aPolicy(spec, metadata) };
}

const labels = Object.fromEntries(range(700, (i) => [`l-${i}`, 'on']));
const selecting = (label: string): Spec => ({ subject: { podSelector: { matchLabels: { [label]: 'on' } } } });

/** What one namespace does, with so many policies. */
const attacks: Readonly<Record<string, (count: number) => readonly ObjectChange[]>> = {
  'Denies for pods that do not exist': (count) =>
    range(count, (i) => policy('hostile', `p-${i}`, { ...selecting(`absent-${i}`), action: 'Deny' }, after)),
  'Denies that were there before everybody': (count) =>
    range(count, (i) =>
      policy('hostile', `p-${i}`, { ...selecting(`l-${i}`), action: 'Deny' }, '2020-01-01T00:00:00Z'),
    ),
  'Denies of one pod with as many labels': (count) =>
    range(count, (i) => policy('hostile', `p-${i}`, { ...selecting(`l-${i}`), action: 'Deny' }, after)),
  'Accepts of one pod with as many labels': (count) =>
    range(count, (i) => policy('hostile', `p-${i}`, selecting(`l-${i}`), after)),
  'Accepts for pods that do not exist, older than all others': (count) =>
    range(count, (i) => policy('hostile', `p-${i}`, selecting(`absent-${i}`), '2020-01-01T00:00:00Z')),
};
const hostile: readonly ObjectChange[] = [
  { kind: 'Namespace', key: 'hostile', object: aNamespace('hostile') },
  {
    kind: 'Pod',
    key: 'hostile/many',
    object: aPod({ namespace: 'hostile', name: 'many', labels, addresses: ['10.9.0.1'] }),
  },
];

const id = '00000000-0000-0000-0000-000000000000';
const full: readonly (readonly [string, object, Partial<Capabilities>, number])[] = [
  [
    'fortigate',
    { url: 'https://192.0.2.1', carrier: 'pushFeed' },
    { maxObjects: { 'system/external-resource': 256 }, choices: { carrier: { value: 'pushFeed', reason: '' } } },
    260,
  ],
  ['aws-network-firewall', { region: 'eu-west-1', firewall: 'edge' }, {}, 110],
  [
    'azure-firewall',
    { subscriptionId: id, resourceGroup: 'hub', policy: 'edge', tenantId: id, clientId: id, acceptPodAddresses: true },
    {},
    620,
  ],
  [
    'feed',
    { store: { folder: '/feed' }, consumers: [{ name: 'edge', device: 'pan-os', intervalSeconds: 300 }] },
    {},
    40,
  ],
];

describe.each(full)('one tenant asks a %s for more groups than it holds:', (kind, config, known, count) => {
  it.each(Object.entries(attacks))('%s cost nobody else anything, and it is told', async (_, attack) => {
    const adapter = (await adapters[kind]?.())!;
    const compiler = new Compiler();
    const point: ObjectChange = { kind: 'EnforcementPoint', key: 'edge', object: aPoint() };
    compiler.apply([point, ...hostile, ...attack(count), ...victimsSince(before)], after);
    const desired = compiler.desired('edge');
    if (desired === undefined) throw new Error('the point has a desired state');
    const capabilities = { ...adapter.capabilities, ...known };
    const context = { config: adapter.config.parse(config), owner: { cluster: 'east' }, capabilities };
    const { resources, losses } = adapter.lower(desired, context);
    const ids = new Set(resources.map(({ desiredId }) => desiredId));
    const of = (isVictim: boolean) =>
      desired.rules.filter(({ origin }) => origin.namespace.startsWith('victim-') === isVictim);
    expect(of(true).filter((rule) => ids.has(rule.id))).toHaveLength(victims);
    const told = new Set(losses.map((loss) => loss.id));
    expect(of(true).filter((rule) => told.has(rule.id))).toEqual([]);
    expect(told.size).toBeGreaterThan(0);
    expect(of(false).filter((rule) => !ids.has(rule.id) && !told.has(rule.id))).toEqual([]);
  });
});

describe('a FortiGate with ten feeds, behind the whole of Postern', () => {
  let device: FortigateSimulator;
  afterEach(() => device.close());

  it.each(Object.entries(attacks))('lets every victim out as before under %s', async (_, attack) => {
    device = await startFortigate({ port: 0, limits: { tables: { 'system/external-resource': 10 } } });
    const embedded = anEmbedded({
      adapters: async (kind) => adapters[kind]?.(),
      secrets: () => Promise.resolve({ ...device.credentials, 'ca.crt': device.ca }),
    });
    const out = (src: string): string => device.verdict({ src, dst: '203.0.113.9', port: 443, protocol: 'TCP' }).action;
    const everybody = (): readonly string[] => range(victims, (i) => out(addressOf(i)));
    const accepted = range(victims, () => 'Accept');
    const point = aPoint({
      adapter: 'fortigate',
      secretRef: { name: 'edge' },
      config: { url: device.url, carrier: 'pushFeed' },
    });
    await embedded.apply(
      [{ kind: 'EnforcementPoint', key: 'edge', object: point }, ...hostile, ...victimsSince(before)],
      true,
    );
    await embedded.settled();
    expect(everybody()).toEqual(accepted);
    const lost: string[] = [];
    device.onRequest(() => lost.push(...everybody().filter((action) => action !== 'Accept')));
    await embedded.apply(attack(14), true);
    await embedded.settled();
    // Somebody who comes while the device is full, and a pod for one of the denying groups that are left out.
    await embedded.apply(
      [
        {
          kind: 'Pod',
          key: 'victim-0/web-2',
          object: aPod({ namespace: 'victim-0', name: 'web-2', addresses: ['10.8.0.2'] }),
        },
        {
          kind: 'Pod',
          key: 'hostile/late',
          object: aPod({
            namespace: 'hostile',
            name: 'late',
            labels: { 'absent-13': 'on' },
            addresses: ['10.9.0.2'],
          }),
        },
      ],
      true,
    );
    await embedded.settled();
    await embedded.close();
    expect([...everybody(), out('10.8.0.2')]).toEqual([...accepted, 'Accept']);
    expect(lost).toEqual([]);
  });
});

function addressOf(i: number): string {
  return `10.8.1.${i + 1}`;
}

function range<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
