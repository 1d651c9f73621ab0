import { expect, it } from 'vitest';
import { bitsOf, partsOf, memberOfOtherFamily } from './parts.ts';

const both = ['IPv4', 'IPv6'] as const;
const addresses = Array.from({ length: 1_000 }, (_, at) => `10.0.${at >> 8}.${at & 255}`);

it('divides a group by family, and has a set for a family that it has nothing of', () => {
  expect(partsOf(['10.0.0.1', '2001:db8::1'], { families: both, limit: 10 })).toEqual([
    { family: 'IPv4', bits: '', members: ['10.0.0.1'] },
    { family: 'IPv6', bits: '', members: ['2001:db8::1'] },
  ]);
  expect(partsOf([], { families: ['IPv4'], limit: 10 })).toEqual([{ family: 'IPv4', bits: '', members: [] }]);
});

it('divides what is too large by the members alone, so that one more touches one set', () => {
  const parts = partsOf(addresses, { families: ['IPv4'], limit: 300 });
  expect(parts.flatMap(({ members }) => members).sort()).toEqual(addresses.toSorted());
  expect(parts.every(({ members }) => members.length <= 300)).toBe(true);
  expect(parts.every(({ bits, members }) => members.every((member) => bitsOf(member).startsWith(bits)))).toBe(true);
  const more = partsOf([...addresses, '10.9.9.9'], { families: ['IPv4'], limit: 300 });
  const changed = more.filter(({ bits, members }) =>
    parts.every((old) => old.bits !== bits || old.members.length !== members.length),
  );
  expect(changed.map(({ bits }) => bitsOf('10.9.9.9').startsWith(bits))).toEqual([true]);
});

it('finds a member of a family that is not carried', () => {
  expect(memberOfOtherFamily([{ members: ['10.0.0.1', '2001:db8::1'] }], ['IPv4'])).toBe('2001:db8::1');
  expect(memberOfOtherFamily([{ members: ['10.0.0.1', '2001:db8::1'] }], both)).toBeUndefined();
});
