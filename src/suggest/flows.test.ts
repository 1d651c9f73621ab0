import { describe, expect, it } from 'vitest';
import { logFormats } from '../traffic-log/formats.ts';
import { SeenFlows } from './flows.ts';

const holder = { namespace: 'shop', pod: 'web-1', workload: 'Deployment/web', serviceAccount: 'web', node: 'n1' };
const times = { since: 0, earliest: 0, until: undefined, endedAfter: undefined };
const index = {
  holdersAt: (address: string) => ({
    holders: [{ ...holder, ...times, hostNetwork: false, address }],
    claimed: [],
    doubts: [],
  }),
};
/** Of an application rule of Azure Firewall, which tells the name that was asked for, and no address. */
const line = JSON.stringify({
  category: 'AZFWApplicationRule',
  time: '2026-11-29T14:05:00Z',
  properties: {
    Protocol: 'HTTPS',
    SourceIp: '10.2.3.4',
    DestinationPort: 443,
    Fqdn: 'api.example.com',
    Action: 'Allow',
  },
});

describe('a flow whose log tells a name and no address', () => {
  it.each([
    [true, 1, 0],
    [false, 0, 1],
  ])('counts only where names are asked for: %s', (names, used, addressless) => {
    const flows = new SeenFlows(index, () => false, { names, prefix: {} });
    flows.add(logFormats['azure-firewall'].reader({ offsetMs: 0, destinations: true })(line));
    expect(flows.counts).toMatchObject({ lines: 1, used, addressless, unread: 0 });
    const [workload] = flows.workloads;
    const seen = [...(workload?.destinations.values() ?? [])].map(({ to, port }) => ({ to, port }));
    expect(seen).toEqual(names ? [{ to: { name: 'api.example.com' }, port: 443 }] : []);
  });
});
