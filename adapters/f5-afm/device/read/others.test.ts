import { afterEach, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../../../test/kit/builders.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { f5Afm } from '../../adapter.ts';
import type { F5AfmSimulator } from '../../simulator/simulator.ts';
import { connect, type Connected } from '../../testing/device.ts';

/* Rules of others are judged beside ours. */

const firewall = '/mgmt/tm/security/firewall';
let device: F5AfmSimulator | undefined;
afterEach(() => device?.close());

async function programmed(config: JsonObject, before?: (on: F5AfmSimulator) => void): Promise<Connected> {
  const connected = await connect({ config, ...(before && { before }) });
  device = connected.device;
  await connected.sync(aDesiredState({ groups: [aGroup({ members: ['10.0.0.1'] })], rules: [aRule()] }));
  return connected;
}

async function tableOf({ session, context }: Connected): Promise<readonly string[]> {
  const { resources, others } = await session.observe();
  const { rules } = f5Afm.table!(resources, context, others);
  return rules.map(({ foreign, name, action, sources, destination, ports, doubt }) => {
    if (foreign !== true) return 'ours';
    const to = destination.any ? 'anywhere' : [...destination.networks, ...destination.names].join();
    const over = ports.map(({ protocol, port }) => `${protocol}/${port}`).join() || 'all';
    return `${name} ${action} ${sources.join()} to ${to} ${over}${doubt === undefined ? '' : ` ? ${doubt}`}`;
  });
}

it('reads the rules around ours in a policy of the user, and the lists that they name', async () => {
  const connected = await programmed({ policy: '/postern/corporate', anchor: { after: 'offices' } }, (on) => {
    on.administer('POST', `${firewall}/address-list`, {
      name: 'office',
      addresses: [{ name: '192.168.0.0/16' }, { name: '10.1.0.1-10.1.0.2' }],
    });
    on.administer('POST', `${firewall}/rule-list`, {
      name: 'shared',
      rules: [
        { name: 'web', action: 'accept-decisively', ipProtocol: 'tcp', destination: { ports: [{ name: '80' }] } },
      ],
    });
    on.administer('POST', `${firewall}/policy`, {
      name: 'corporate',
      partition: 'postern',
      rules: [
        { name: 'offices', action: 'accept-decisively', source: { addressLists: ['/Common/office'] } },
        { name: 'list', ruleList: '/Common/shared' },
        { name: 'abroad', action: 'reject', destination: { geo: [{ name: 'AQ' }] } },
        { name: 'off', action: 'drop', status: 'disabled' },
        { name: 'rest', action: 'drop' },
      ],
    });
  });
  expect(await tableOf(connected)).toEqual([
    '/postern/corporate/offices Accept 10.1.0.1/32,10.1.0.2/32,192.168.0.0/16 to anywhere all',
    'ours',
    '/Common/shared/web Accept 0.0.0.0/0,::/0 to anywhere TCP/80',
    expect.stringMatching(/^\/postern\/corporate\/abroad Deny .* to anywhere all \? .*region AQ/),
    '/postern/corporate/rest Deny 0.0.0.0/0,::/0 to anywhere all',
  ]);
});

it('reads the global policy, which is asked before every other context', async () => {
  const connected = await programmed({ context: { routeDomain: '/Common/0' } }, (on) => {
    on.administer('POST', `${firewall}/policy`, {
      name: 'company',
      rules: [
        { name: 'goes-on', action: 'accept' },
        { name: 'out', action: 'accept-decisively' },
      ],
    });
    on.administer('PATCH', `${firewall}/global-rules`, { enforcedPolicy: '/Common/company' });
  });
  expect(await tableOf(connected)).toEqual(['/Common/company/out Accept 0.0.0.0/0,::/0 to anywhere all', 'ours']);
});
