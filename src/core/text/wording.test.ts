import { describe, expect, it } from 'vitest';
import { aGroup, aRule } from '../../../test/kit/builders.ts';
import { ruleTitle } from './wording.ts';

const groups = new Map([['00000000000a', aGroup({ title: 'pods app=app-a in namespace test-app' })]]);

describe('ruleTitle', () => {
  it.each([
    [aRule({ to: ['github.com', '*.github.io'] }), '*.github.io, github.com TCP 443'],
    [aRule({ to: 'any', ports: [] }), 'anywhere any port'],
    [aRule({ ports: [{ port: 5000, endPort: 5010, protocol: 'UDP' }] }), '203.0.113.0/24 UDP 5000-5010'],
  ])('says who may go where (%#)', (rule, where) => {
    expect(ruleTitle(rule, groups)).toBe(`Accept pods app=app-a in namespace test-app -> ${where}`);
  });

  it('calls a group that is not there by its id, and ends before it is too long to read', () => {
    expect(ruleTitle(aRule({ action: 'Deny' }), new Map())).toBe('Deny 00000000000a -> 203.0.113.0/24 TCP 443');
    const to = Array.from({ length: 50 }, (_, index) => `host-${index}.example.com`);
    const title = ruleTitle(aRule({ to }), groups);
    expect([title.length, title.endsWith('...')]).toEqual([200, true]);
  });
});
