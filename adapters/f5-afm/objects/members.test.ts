import { describe, expect, it } from 'vitest';
import { memberOf, nativeMember } from './members.ts';

describe('a member of a list', () => {
  it.each([
    ['10.0.0.1', 0, '10.0.0.1'],
    ['10.0.0.1', 10, '10.0.0.1%10'],
    ['10.9.0.0/24', 10, '10.9.0.0%10/24'],
    ['2001:db8::1', 10, '2001:db8::1%10'],
    ['2001:db8::/32', 0, '2001:db8::/32'],
  ])('%s is in route domain %i %s, and is read back', (member, routeDomain, native) => {
    expect(nativeMember(member, routeDomain)).toBe(native);
    expect(memberOf(native, routeDomain)).toBe(member);
  });

  it.each([
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['10.0.0.1/32', '10.0.0.1'],
    ['10.0.0.1-10.0.0.9', undefined],
    ['10.0.0.1%10', undefined],
    ['10.0.0.1/8', undefined],
    ['any', undefined],
  ])('%s reads as %s in route domain 0', (native, member) => {
    expect(memberOf(native, 0)).toBe(member);
  });
});
