import { afterEach, describe, expect, it } from 'vitest';
import { textOf } from '../../../kit/common/api/json.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import { tables, type Table } from '../objects/names.ts';
import { option, text } from '../simulator/tables/fields.ts';
import { connected, type Connected } from '../testing/device.ts';

/*
 * What an administrator sets in an object of ours, whatever the attribute is called: it is seen, and it is set back as if
 * nobody had ever set it. Nothing here is known to the adapter by name.
 */

const row = (name: string): readonly JsonObject[] => [{ name }];
const id = (number: number): readonly JsonObject[] => [{ id: number }];

const edits: readonly (readonly [table: Table, since: string, edit: JsonObject])[] = [
  [tables.service, '6.4', { 'sctp-portrange': '1-65535' }],
  [tables.service, '7.6', { 'udplite-portrange': '1-65535' }],
  [tables.service, '6.4', { iprange: '192.0.2.1-192.0.2.9' }],
  [tables.service, '6.4', { fqdn: 'elsewhere.example' }],
  [tables.service, '6.4', { protocol: 'IP' }],
  [tables.service, '6.4', { 'app-service-type': 'app-id', application: id(16_354) }],
  [tables.policy, '6.4', { 'fsso-groups': row('CN=ALL') }],
  [tables.policy, '6.4', { groups: row('guests') }],
  [tables.policy, '6.4', { ntlm: 'enable' }],
  [tables.policy, '6.4', { tos: '0x10', 'tos-mask': '0xff', 'tos-negate': 'enable' }],
  [tables.policy, '6.4', { 'src-vendor-mac': id(7) }],
  [tables.policy, '6.4', { 'geoip-match': 'registered-location' }],
  [tables.policy, '6.4', { 'reputation-minimum': 3, 'reputation-direction': 'source' }],
  [tables.policy, '6.4', { 'vlan-filter': '5-9' }],
  [tables.policy, '6.4', { 'srcaddr-negate': 'enable' }],
  [tables.policy, '6.4', { 'internet-service': 'enable', 'internet-service-name': row('Google-DNS') }],
  [tables.policy, '6.4', { 'utm-status': 'enable', 'profile-type': 'group', 'profile-group': 'lax' }],
  [tables.policy, '6.4', { 'vlan-cos-fwd': 3 }],
  [tables.policy, '7.0', { 'ztna-status': 'enable', 'ztna-ems-tag': row('trusted') }],
  [tables.policy, '7.0.1', { 'sgt-check': 'enable', sgt: id(12) }],
  [tables.policy, '7.2.1', { 'network-service-dynamic': row('somewhere') }],
  [tables.policy, '7.2.1', { 'internet-service6': 'enable', 'internet-service6-name': row('Google-DNS') }],
  [tables.policy, '7.2.1', { 'srcaddr6-negate': 'enable' }],
  [tables.policy, '7.6', { 'internet-service-src-fortiguard': row('anybody') }],
  [tables.address, '6.4', { 'associated-interface': 'port2' }],
  [tables.address, '6.4', { type: 'iprange', 'start-ip': '10.0.0.0', 'end-ip': '10.255.255.255' }],
  [tables.group, '6.4', { exclude: 'enable', 'exclude-member': row('all') }],
  [tables.group6, '7.4', { exclude: 'enable', 'exclude-member': row('all') }],
];

const desired = aDesiredState({
  groups: [aGroup({ members: ['10.0.0.1', '2001:db8::1'] })],
  rules: [aRule({ ports: [{ protocol: 'TCP', port: 443 }] })],
});

let at: Connected;
afterEach(() => at.device.close());

function edit(table: Table, change: JsonObject): void {
  const { device } = at;
  const ours = device.rows(table).find((candidate) => textOf(candidate['name']).startsWith('pn-east-'));
  const key = table === tables.policy ? 'policyid' : 'name';
  device.put(table, { [key]: ours?.[key] ?? '', ...change });
}

async function isSetBack(table: Table, change: JsonObject): Promise<void> {
  await at.sync(desired);
  const before = at.device.dump();
  expect(await at.plan(desired)).toEqual([]);
  edit(table, change);
  expect((await at.plan(desired)).map(({ op, key }) => `${op} ${key.kind}`)).toEqual([`update ${table}`]);
  expect((await at.sync(desired)).map(({ result }) => result)).toEqual(['done']);
  expect(await at.plan(desired)).toEqual([]);
  expect(at.device.dump()).toEqual(before);
}

describe('an edit of an object of ours is seen and set back', () => {
  it.each(edits.map(([table, since, change]) => ({ table, since, change })))(
    '$table $change, on $since',
    async ({ table, since, change }) => {
      at = await connected({ options: { version: since } });
      at.device.put('firewall/profile-group', { name: 'lax' });
      await isSetBack(table, change);
    },
  );

  it.each([
    [tables.address, { type: 'ipmask', subnet: '0.0.0.0 0.0.0.0' }],
    [tables.address6, { type: 'ipprefix', ip6: '::/0' }],
  ] as const)('by which a name becomes every address, in %s', async (table, change) => {
    at = await connected({ options: { version: '7.6' } });
    const destination = { any: false, names: ['github.com'], networks: [] };
    const named = { ...desired, rules: [aRule({ destination, ports: [{ protocol: 'TCP', port: 443 }] })] };
    await at.sync(named);
    const before = at.device.dump();
    const ours = at.device.rows(table).find(({ fqdn }) => fqdn === 'github.com');
    at.device.put(table, { name: ours?.['name'] ?? '', fqdn: '', ...change });
    const { resources } = await at.session.observe();
    const found = resources.find(({ kind, name }) => kind === table && name === ours?.['name']);
    expect(found?.spec).toMatchObject(table === tables.address ? { subnet: '0.0.0.0/0' } : { ip6: '::/0' });
    expect((await at.sync(named)).map(({ result }) => result)).toEqual(['done']);
    expect(at.device.dump()).toEqual(before);
  });

  it('in a part of a group that one native group does not hold', async () => {
    const items = { 'firewall/addrgrp.member': 16, 'firewall/addrgrp6.member': 16 };
    at = await connected({ options: { version: '7.4', limits: { items } } });
    const members = Array.from({ length: 40 }, (_, index) => `10.0.0.${index}`);
    const many = aDesiredState({ groups: [aGroup({ members, role: 'Deny' })], rules: [aRule({ action: 'Deny' })] });
    await at.sync(many);
    const before = at.device.dump();
    const part = at.device.rows(tables.group).find(({ name }) => /-[0-9a-f]$/.test(textOf(name)));
    const holes = part?.['member'] ?? [];
    at.device.put(tables.group, { name: part?.['name'] ?? '', exclude: 'enable', 'exclude-member': holes });
    expect((await at.plan(many)).map(({ op, key }) => `${op} ${key.kind}`)).toEqual([`update ${tables.group}`]);
    await at.sync(many);
    expect(await at.plan(many)).toEqual([]);
    expect(at.device.dump()).toEqual(before);
  });

  it('by an attribute of a FortiOS that nobody has seen yet', async () => {
    const attributes = { [tables.policy]: { 'quantum-status': option('off on'), 'quantum-realm': text(35) } };
    at = await connected({ options: { version: '7.6', limits: { attributes } } });
    await isSetBack(tables.policy, { 'quantum-status': 'on', 'quantum-realm': 'all' });
  });
});
