import { afterEach, describe, expect, it } from 'vitest';
import { elementText } from '../../../kit/common/api/xml.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { monday } from '../../../test/kit/laws/states.ts';
import { Rig } from '../../../test/kit/rig.ts';
import { expectSetBack } from '../../../test/kit/set-back.ts';
import { panos } from '../adapter.ts';
import { startPanos, type PanosSimulator } from '../simulator/simulator.ts';
import { entriesOf, rulesTable, type Entry, type Table } from '../simulator/state.ts';
import { harness } from '../testing/harness.ts';

/* What an administrator does to objects of ours in the web interface, on a firewall and on its Panorama. */

const list = (...names: readonly string[]): JsonObject => ({ member: names });

/** Fields of a rule that decide about flows, as the web interface of PAN-OS 11 writes them. */
const ruleEdits: readonly JsonObject[] = [
  { disabled: 'yes' },
  { schedule: 'office-hours' },
  { action: 'reset-client' },
  { action: 'deny' },
  { from: list('trust') },
  { to: list('untrust') },
  { application: list('web-browsing', 'ssl') },
  { service: list('application-default') },
  { service: list('service-https') },
  { category: list('gambling') },
  { source: list('any') },
  { destination: list('any') },
  { 'negate-source': 'yes' },
  { 'negate-destination': 'yes' },
  { 'source-user': list('corp\\staff') },
  { 'source-hip': list('patched') },
  { 'destination-hip': list('patched') },
  { 'rule-type': 'intrazone' },
  { 'log-end': 'no' },
  { 'log-start': 'yes' },
  { 'log-setting': 'default' },
  { 'profile-setting': { group: list('strict') } },
  { 'profile-setting': { profiles: { 'url-filtering': list('default') } } },
  { option: { 'disable-server-response-inspection': 'yes' } },
  { qos: { marking: { 'ip-dscp': 'ef' } } },
  { 'icmp-unreachable': 'yes' },
  { tag: list('reviewed') },
  { 'group-tag': 'reviewed' },
  { 'saas-user-list': list('corp\\staff') },
  { 'disable-inspect': 'yes' },
];

const objectEdits: readonly (readonly [Table, JsonObject])[] = [
  ['address', { 'ip-netmask': '0.0.0.0/0' }],
  ['address', { 'ip-netmask': undefined as never, 'ip-range': '10.0.0.0-10.255.255.255' }],
  ['address', { 'ip-netmask': undefined as never, fqdn: 'elsewhere.example' }],
  ['address', { tag: list('reviewed') }],
  ['address-group', { dynamic: { filter: "'reviewed'" } }],
  ['address-group', { dynamic: undefined as never, static: list('office') }],
  ['address-group', { tag: list('reviewed') }],
  ['service', { protocol: { tcp: { port: '1-65535' } } }],
  ['service', { protocol: { tcp: { port: '443', 'source-port': '1024' } } }],
  ['service', { protocol: { tcp: { port: '443', override: { yes: { timeout: '30' } } } } }],
  ['service', { protocol: { udp: { port: '443' } } }],
  ['service', { tag: list('reviewed') }],
];

let simulator: PanosSimulator | undefined;
afterEach(() => simulator?.close());

async function started(panorama: boolean): Promise<readonly [Rig, PanosSimulator]> {
  simulator = await startPanos({ port: 0, panorama });
  return [new Rig(panos, harness(simulator)), simulator];
}

function prepare(device: PanosSimulator): void {
  device.edit('tag', () => [{ name: 'reviewed', body: {} }]);
  device.edit('address', (entries) => [...entries, { name: 'office', body: { 'ip-netmask': '192.168.0.0/16' } }]);
}

const isOurs = ({ name }: Entry): boolean => name.startsWith('pn-');

function changed({ name, body }: Entry, change: JsonObject): Entry {
  const fields = Object.entries({ ...body, ...change }).filter(([, value]) => (value as unknown) !== undefined);
  return { name, body: Object.fromEntries(fields) };
}

const ways = [
  ['a firewall', false],
  ['a Panorama', true],
] as const;

describe.each(ways)('an edit of an object of ours on %s is seen and set back', (_, panorama) => {
  it.each(ruleEdits.map((change) => [JSON.stringify(change), change] as const))('rule %s', async (_text, change) => {
    const [rig, device] = await started(panorama);
    prepare(device);
    await expectSetBack(rig, monday, () =>
      device.edit(rulesTable, (entries) => {
        const rule = entries.find((one) => isOurs(one) && elementText(one.body['action']) === 'allow');
        return entries.map((one) => (one === rule ? changed(one, change) : one));
      }),
    );
  });

  it.each(objectEdits.map(([table, change]) => [table, JSON.stringify(change), change] as const))(
    '%s %s',
    async (table, _text, change) => {
      const [rig, device] = await started(panorama);
      prepare(device);
      await expectSetBack(rig, monday, () =>
        device.edit(table, (entries) => {
          const first = entries.find(isOurs);
          return entries.map((one) => (one === first ? changed(one, change) : one));
        }),
      );
    },
  );

  it.each([rulesTable, 'address', 'address-group', 'service'] as const)('a clone in %s', async (table) => {
    const [rig, device] = await started(panorama);
    await expectSetBack(rig, monday, () =>
      device.edit(table, (entries) => [
        ...entries,
        ...entries.filter(isOurs).map(({ name, body }) => ({ name: `${name.slice(0, 60)}-1`, body })),
      ]),
    );
  });

  it('a rule that was renamed', async () => {
    const [rig, device] = await started(panorama);
    await expectSetBack(rig, monday, () =>
      device.edit(rulesTable, ([first, ...rest]) => [{ ...first!, name: 'web out' }, ...rest]),
    );
  });
});

describe('an address object of others with a tag of ours', () => {
  it.each(ways)(
    'is in our group on %s: Postern leaves it, and says that what is in force is more',
    async (_, panorama) => {
      const [rig, device] = await started(panorama);
      await rig.settle(monday);
      const groups = entriesOf(device.state.running, 'address-group');
      const tag = groups.map(({ name }) => name).find((name) => name.includes('accept')) ?? '';
      const office = { name: 'office', body: { 'ip-netmask': '10.0.0.99', tag: list(tag) } };
      device.edit('tag', () => [{ name: tag, body: {} }]);
      device.edit('address', (entries) => [...entries, office]);
      expect(rig.wider([monday])()).not.toEqual([]);
      const { state, evidence } = await rig.sync(monday);
      expect([state, evidence]).toEqual(['activating', expect.stringContaining('address objects office of others')]);
      expect(entriesOf(device.state.running, 'address')).toContainEqual(office);
      const { session, context } = await rig.connect();
      const { resources, others } = await session.observe();
      const { rules } = panos.table!(resources, context as never, others);
      expect(rules.flatMap(({ sources }) => sources)).toContain('10.0.0.99/32');
      device.edit('address', (entries) => entries.filter(({ name }) => name !== 'office'));
      expect((await rig.sync(monday)).state).toBe('programmed');
    },
  );
});
