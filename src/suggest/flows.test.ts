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

describe('a flow of which Suricata writes several events', () => {
  const event = (type: string, fields: object = {}): string =>
    JSON.stringify({
      ...{ timestamp: '2026-11-29T14:05:00.000000+0000', flow_id: 7, event_type: type, proto: 'TCP' },
      ...{ src_ip: '10.2.3.4', src_port: 40000, dest_ip: '203.0.113.7', dest_port: 443, ...fields },
    });
  const tls = event('tls', { tls: { sni: 'api.example.com' } });
  const ended = event('flow', { flow: { start: '2026-11-29T14:04:59.000000+0000' } });
  const answer = event('fileinfo', { src_ip: '203.0.113.7', src_port: 443, dest_ip: '10.2.3.4', dest_port: 40000 });
  const blocked = event('alert', { alert: { action: 'blocked' } });
  const seen = (names: boolean, ...lines: readonly string[]) => {
    const flows = new SeenFlows(index, () => false, { names, prefix: {} });
    const read = logFormats['suricata-eve'].reader({ offsetMs: 0, destinations: true });
    for (const line of lines) flows.add(read(line));
    flows.end();
    return { counts: flows.counts, to: flows.workloads.flatMap((one) => [...one.destinations.values()]) };
  };

  it.each([
    [true, { name: 'api.example.com' }],
    [false, { network: '203.0.113.7/32' }],
  ])('counts once, under the name that any of them tells, if names are asked for: %s', (names, to) => {
    for (const lines of [[answer, tls, ended], [tls], [tls, answer]]) {
      const { counts, to: found } = seen(names, ...lines);
      expect(counts).toMatchObject({ lines: lines.length, used: 1, again: lines.length - 1 });
      expect(found).toMatchObject([{ to, count: 1 }]);
    }
    expect(seen(names, tls, ended, ended.replaceAll('40000', '40001')).to.map(({ count }) => count)).toEqual(
      names ? [1, 1] : [2],
    );
  });

  it('is refused if one of them says so', () => {
    expect(seen(true, blocked, tls, ended)).toMatchObject({ counts: { refused: 1, used: 0, again: 2 }, to: [] });
  });

  it('is another one after its end, and if it is not told of for very long', () => {
    expect(seen(false, tls, ended, tls, ended).counts).toMatchObject({ used: 2, again: 2 });
    const others = Array.from({ length: 100_000 }, (_, at) => tls.replace('"flow_id":7', `"flow_id":${at + 8}`));
    expect(seen(false, tls, ...others, ended).counts).toMatchObject({ used: 100_002, again: 0 });
  });
});
