import { describe, expect, it } from 'vitest';
import { canonicalMember, canonicalMembers } from './members.ts';
import { asNetwork } from '../../../src/net/cidr.ts';

describe('a member of a group', () => {
  it('of one address is that address', () => {
    expect(['10.0.0.1/32', '2001:db8::1/128', '10.0.0.0/31', '10.0.0.1'].map(canonicalMember)).toEqual([
      '10.0.0.1',
      '2001:db8::1',
      '10.0.0.0/31',
      '10.0.0.1',
    ]);
  });

  it('is there once, and is a network where one is asked for', () => {
    expect(canonicalMembers(['10.0.0.1', '2001:db8::1/128', '10.0.0.1/32'])).toEqual(['10.0.0.1', '2001:db8::1']);
    expect(['10.0.0.1', '2001:db8::1', '10.0.0.0/8'].map(asNetwork)).toEqual([
      '10.0.0.1/32',
      '2001:db8::1/128',
      '10.0.0.0/8',
    ]);
  });
});
