import { expect, it } from 'vitest';
import { fortigateConfigSchema } from './config.ts';
import { foreignRules } from './foreign-table.ts';
import { policyDefaults } from './objects/policy.ts';

const config = fortigateConfigSchema.parse({ url: 'https://fw.example.com' });

function read(fields: object) {
  const spec = {
    ...policyDefaults,
    ...{ action: 'accept', schedule: 'always', service: ['ALL'], srcaddr: ['all'], dstaddr: ['all'] },
    ...{ srcintf: ['any'], dstintf: ['any'], ...fields },
  };
  const policy = { kind: 'firewall/policy', name: 'office', spec, refs: [], effect: 'Accept' } as const;
  return foreignRules(policy, [], config);
}

it('is sure of what a plain policy accepts', () => {
  expect(read({})).toMatchObject([{ name: 'office', action: 'Accept', ports: [] }]);
  expect(read({})[0]).not.toHaveProperty('doubt');
});

it('is not sure of what goes into a tunnel', () => {
  expect(read({ action: 'ipsec', vpntunnel: 'branch' })).toMatchObject([{ action: 'Accept', doubt: 'action ipsec' }]);
});

it.each([
  [{ action: 'ipsec', vpntunnel: 'branch' }, 'action ipsec'],
  [{ dstaddr: ['web-vip'] }, 'dstaddr web-vip, which may be a virtual IP'],
  [{ nat46: 'enable' }, 'nat46 enable'],
  [{ 'webproxy-forward-server': 'parent' }, 'webproxy-forward-server parent'],
])('is not like ours where it sends flows elsewhere: %o', (fields, unlike) => {
  expect(read(fields)[0]).toMatchObject({ unlike });
});

it('is like ours where it is only for some, at times, or denies', () => {
  const some = { schedule: 'office', groups: ['guests'], 'policy-expiry': 'enable', 'service-negate': 'enable' };
  expect(read(some)[0]).toHaveProperty('doubt');
  for (const fields of [some, { action: 'deny', dstaddr: ['web-vip'] }])
    expect(read(fields)[0]).not.toHaveProperty('unlike');
});
