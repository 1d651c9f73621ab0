import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { aRule } from '../../../../test/kit/builders.ts';
import { oneGroup, TestDevice } from '../../testing/test-device.ts';

const on = new TestDevice();
const everywhere = oneGroup(['10.0.0.1', '2001:db8::1'], [aRule({ to: 'any', ports: [] })]);

const edits: readonly (readonly [table: string, row: JsonObject & { readonly name: string }])[] = [
  ['firewall/address', { name: 'all', subnet: '0.0.0.0 255.255.255.255' }],
  ['firewall/address6', { name: 'all', ip6: '2001:db8::/32' }],
  ['firewall.service/custom', { name: 'ALL', protocol: 'TCP/UDP/SCTP', 'tcp-portrange': '80' }],
  ['firewall.service/custom', { name: 'ALL', iprange: '192.0.2.1-192.0.2.9' }],
  ['firewall.schedule/recurring', { name: 'always', day: 'none' }],
  ['firewall.schedule/recurring', { name: 'always', start: '08:00', end: '18:00' }],
];

describe('an object that stands for everything', () => {
  it.each(['6.4', '7.6'])('is in force as it is delivered, on %s', async (version) => {
    const { sync, plan, session } = await on.connect({ version });
    await sync(everywhere);
    expect([await plan(everywhere), (await session.live()).state]).toEqual([[], 'live']);
  });

  it.each(edits)('is not in force when somebody has changed it: %s %j', async (table, row) => {
    const { sync, plan, session } = await on.connect({ version: '7.4' });
    await sync(everywhere);
    on.device.put(table, row);
    expect(await plan(everywhere)).toEqual([]);
    const { state, evidence } = await session.live();
    expect([state, evidence]).toEqual(['pending', expect.stringContaining(`${table} ${row.name} no longer`)]);
  });

  it('is not known to be in force where the profile may not read it', async () => {
    const permissions = { 'fwgrp.schedule': 'none' } as const;
    const { sync, plan, session } = await on.connect({ version: '7.4', permissions });
    await sync(everywhere);
    on.device.put('firewall.schedule/recurring', { name: 'always', day: 'none' });
    expect(await plan(everywhere)).toEqual([]);
    const { state, evidence } = await session.live();
    expect([state, evidence]).toEqual(['unknown', expect.stringContaining('may not read firewall.schedule/recurring')]);
  });

  it('does not matter where no policy of Postern names it', async () => {
    const { sync, plan, session } = await on.connect({ version: '7.4' });
    const narrow = oneGroup(['10.0.0.1']);
    await sync(narrow);
    on.device.put('firewall.service/custom', { name: 'ALL', protocol: 'TCP/UDP/SCTP', 'tcp-portrange': '80' });
    expect([await plan(narrow), (await session.live()).state]).toEqual([[], 'live']);
  });
});
