import { afterEach, describe, expect, it } from 'vitest';
import { textOf } from '../../../kit/common/api/json.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import { tables } from '../objects/names.ts';
import { ruleSpec } from '../objects/rule.ts';
import { connect, rowsAt, rulesPath, type Connected } from '../testing/device.ts';

/* What an administrator sets in an object of ours is seen, and is set back as if nobody had ever set it. */

const edits: readonly (readonly [path: string, edit: JsonObject])[] = [
  [rulesPath, { source: { identity: { userLists: ['/Common/staff'] } } }],
  [rulesPath, { source: { geo: [{ name: 'US' }] } }],
  [rulesPath, { destination: { addresses: [{ name: '198.51.100.0/24' }] } }],
  [rulesPath, { ipProtocol: 'udp' }],
  [rulesPath, { log: 'yes' }],
  [rulesPath, { status: 'disabled' }],
  [rulesPath, { action: 'accept' }],
  [rulesPath, { action: 'drop' }],
  [rulesPath, { source: { vlans: ['/Common/internal'] } }],
  [rulesPath, { destination: { ports: [{ name: '1-65535' }] } }],
  [tables.addressList, { addresses: [{ name: '0.0.0.0/0' }] }],
  [tables.addressList, { geo: [{ name: 'US' }] }],
  [tables.addressList, { fqdns: [{ name: 'elsewhere.example' }] }],
  [tables.portList, { ports: [{ name: '1-65535' }] }],
  [tables.schedule, { daysOfWeek: ['monday'] }],
  [tables.schedule, { dailyHourStart: '8:00', dailyHourEnd: '9:00' }],
  [tables.schedule, { dateValidStart: '2026-06-01T00:00:00Z' }],
  [tables.schedule, { dateValidEnd: '2037-01-01T00:00:00Z' }],
];

const desired = aDesiredState({
  groups: [aGroup({ members: ['10.0.0.1'] })],
  rules: [aRule({ ports: [{ protocol: 'TCP', port: 443 }], expiresAt: '2027-01-31T00:00:00Z' })],
});

let at: Connected;
afterEach(() => at.device.close());

describe('an edit of an object of ours is seen and set back', () => {
  it.each(edits.map(([path, edit]) => ({ path, edit })))('$path $edit', async ({ path, edit }) => {
    at = await connect();
    at.device.administer('POST', '/mgmt/tm/security/firewall/user-list', { name: 'staff' });
    await at.sync(desired);
    const before = at.device.dump();
    expect(await at.plan(desired)).toEqual([]);
    const [row] = rowsAt(at.device, path);
    const name = path === rulesPath ? textOf(row?.['name']) : textOf(row?.['fullPath']).replaceAll('/', '~');
    at.device.administer('PATCH', `/mgmt/tm/${path}/${name}`, edit);
    const plan = await at.plan(desired);
    expect(plan).not.toEqual([]);
    for (const { op } of plan) expect(op).toBe(path === tables.addressList ? 'members' : 'update');
    expect((await at.sync(desired)).map(({ result }) => result)).toEqual(plan.map(() => 'done'));
    expect(await at.plan(desired)).toEqual([]);
    expect(at.device.dump()).toEqual(before);
  });
});

describe('a rule as a device answers it', () => {
  it.each([
    [{ ipProtocol: '6' }, { ipProtocol: 'tcp' }],
    [{ ipProtocol: 17 }, { ipProtocol: 'udp' }],
    [{ ipProtocol: '255' }, { ipProtocol: 'any' }],
    [{ fingerprint: 'none', uuid: '1', ruleNumber: 1, serviceReference: { link: 'https://localhost/' } }, {}],
    [
      { quantumState: 'enabled', realms: [{ name: 'west' }] },
      { quantumState: 'enabled', realms: ['west'] },
    ],
    [{ source: { identity: {}, posture: { score: 7 } } }, { source: { posture: { score: '7' } } }],
  ])('%j says %j', (row, said) => {
    expect(ruleSpec(row)).toEqual({ ...ruleSpec({}), ...said });
  });
});
