import { describe, expect, it } from 'vitest';
import { AssignmentIndex } from '../core/addresses/assignment-index.ts';
import { recordOfNow } from '../inspect/who.ts';
import { aPod, aSnapshot } from '../../test/kit/builders.ts';
import { logFormats } from './formats.ts';
import type { LogFormatName } from './names.ts';
import { Refusals } from './refusals.ts';

const pods = [
  aPod({
    name: 'web-1',
    namespace: 'shop',
    serviceAccount: 'web',
    workload: 'Deployment/web',
    addresses: ['10.2.3.4'],
  }),
  aPod({ name: 'job-1', namespace: 'shop', serviceAccount: 'job', workload: 'Job/job', addresses: ['10.2.3.5'] }),
];
const index = new AssignmentIndex(recordOfNow(aSnapshot({ pods }), Infinity));

function refusedIn(format: LogFormatName, ...lines: readonly string[]): readonly object[] {
  const refusals = new Refusals(logFormats[format], 0, index);
  for (const line of lines) refusals.take(line);
  return refusals.all();
}

const at = (minute: number): string => `2026-11-29T14:0${minute}:00.000Z`;
const event = (fields: object): string =>
  JSON.stringify({ start_time: at(0), downstream_remote_address: '10.2.3.4:41234', ...fields });
const byPolicy = {
  requested_server_name: 'api.example.com',
  connection_termination_details: 'rbac_access_denied_matched_policy[none]',
};
const blackHole = { upstream_cluster: 'BlackHoleCluster', downstream_local_address: '203.0.113.7:443' };

describe('what a log tells of refusals', () => {
  it('is who, where to, by whom, and how often, each kind once', () => {
    const passed = event({ upstream_host: '203.0.113.9:443', upstream_cluster: 'outbound|443||api.example.com' });
    const later = event({ ...byPolicy, start_time: at(3) });
    expect(refusedIn('istio-json', event(byPolicy), later, event(blackHole), passed, 'no line')).toEqual([
      {
        ...{ who: 'shop/Deployment/web', serviceAccount: 'shop/web', to: '203.0.113.7:443' },
        by: 'REGISTRY_ONLY: no ServiceEntry that the pod sees has it',
        ...{ times: 1, first: Date.parse(at(0)), last: Date.parse(at(0)) },
      },
      {
        ...{ who: 'shop/Deployment/web', serviceAccount: 'shop/web', to: 'api.example.com' },
        by: 'no AuthorizationPolicy permits it',
        ...{ times: 2, first: Date.parse(at(0)), last: Date.parse(at(3)) },
      },
    ]);
  });

  it('is told apart by who it was, and by address where nobody had it', () => {
    const others = ['10.2.3.5:1', '10.9.9.9:1'].map((remote) =>
      event({ ...byPolicy, downstream_remote_address: remote }),
    );
    expect(refusedIn('istio-json', event(byPolicy), ...others)).toMatchObject([
      { who: '10.9.9.9', serviceAccount: '' },
      { who: 'shop/Deployment/web' },
      { who: 'shop/Job/job', serviceAccount: 'shop/job' },
    ]);
  });

  it('is told apart by cluster, where several have the same names', () => {
    const holdersAt: AssignmentIndex['holdersAt'] = (address, time) => {
      const found = index.holdersAt(address === '10.9.0.1' ? '10.2.3.4' : address, time);
      return {
        ...found,
        holders: found.holders.map((one) => ({ ...one, cluster: address === '10.9.0.1' ? 'west' : 'east' })),
      };
    };
    const refusals = new Refusals(logFormats['istio-json'], 0, { holdersAt });
    for (const remote of ['10.2.3.4:1', '10.9.0.1:1'])
      refusals.take(event({ ...byPolicy, downstream_remote_address: remote }));
    expect(refusals.all()).toMatchObject([
      { who: 'east/shop/Deployment/web', serviceAccount: 'east/shop/web', times: 1 },
      { who: 'west/shop/Deployment/web', serviceAccount: 'west/shop/web', times: 1 },
    ]);
  });

  it('has nothing in it that a terminal would take for a command', () => {
    const [found] = refusedIn(
      'istio-json',
      event({ ...byPolicy, requested_server_name: '\u001b[2Jshop\u0007.example' }),
    );
    expect(found).toMatchObject({ to: '?[2Jshop?.example' });
  });

  it('of a firewall is whom it refused, and where to', () => {
    const line = (action: string): string =>
      `date=2026-11-29 time=14:05:00 tz="+0000" srcip=10.2.3.4 dstip=203.0.113.7 dstport=443 proto=6 action="${action}"`;
    expect(refusedIn('fortios', line('deny'), line('accept'))).toMatchObject([
      { who: 'shop/Deployment/web', to: '203.0.113.7:443', by: 'the firewall', times: 1 },
    ]);
  });
});
