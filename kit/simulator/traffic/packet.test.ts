import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../src/net/address.ts';
import { Counters } from './counters.ts';
import { addressesOf, resolvesTo } from './names.ts';
import { membership, packetOf, remembered } from './packet.ts';

const flow = { src: '10.0.0.1', port: 443, protocol: 'TCP' };

describe('a packet', () => {
  it('goes to the address that is given, or to that of the name in its own family', () => {
    const to = (more: { readonly dst?: string; readonly host?: string; readonly src?: string }): string | undefined => {
      const packet = packetOf({ ...flow, ...more });
      return packet && formatAddress(packet.destination);
    };
    const [four = '', six = ''] = addressesOf('www.example.com').map(formatAddress);
    expect(four).toMatch(/^198\.1[89]\./);
    expect(six).toMatch(/^2001:2:/);
    expect(to({ dst: '192.0.2.1', host: 'www.example.com' })).toBe('192.0.2.1');
    expect(to({ host: 'WWW.example.com.' })).toBe(four);
    expect(to({ host: 'www.example.com', src: '2001:db8::1' })).toBe(six);
    expect(to({ host: '192.0.2.1' })).toBe('192.0.2.1');
    expect([to({}), to({ dst: '2001:db8::1' }), to({ dst: '192.0.2.1', src: 'x' })]).toEqual(Array(3).fill(undefined));
  });

  it('has the number of its protocol', () => {
    const numbers = ['TCP', 'UDP', 1].map((protocol) => packetOf({ ...flow, dst: '192.0.2.1', protocol })?.protocol);
    expect(numbers).toEqual([6, 17, 1]);
  });

  it('is from a name when the name server says so', () => {
    const [ip = { family: 4, value: 0n } as const] = addressesOf('a.example');
    expect([resolvesTo(['b.example', 'A.example.'], ip), resolvesTo(['b.example'], ip)]).toEqual([true, false]);
  });
});

describe('what is worked out once', () => {
  it('is asked for once, in objects that contain each other too', () => {
    const asked: string[] = [];
    const isIn = membership((name, inner) => {
      asked.push(name);
      return (
        name === 'address' ||
        (name === 'outer' && ['empty', 'inner'].some(inner)) ||
        (name === 'inner' && inner('address'))
      );
    });
    expect([isIn('outer'), isIn('inner'), isIn('empty')]).toEqual([true, true, false]);
    expect(asked).toEqual(['outer', 'empty', 'inner', 'address']);
  });

  it('is made once of each row, even when it is nothing', () => {
    let made = 0;
    const nothing = remembered(() => void (made += 1));
    const row = {};
    nothing(row);
    nothing(row);
    expect(made).toBe(1);
  });
});

it('counters tell how often, when first and when last', () => {
  const counters = new Counters<{ readonly rule: string }>();
  counters.count({ rule: 'a' }, 1);
  counters.count({ rule: 'a' }, 5);
  counters.count({ rule: 'b' }, 6);
  expect(counters.of({ rule: 'a' })).toEqual({ subject: { rule: 'a' }, hits: 2, firstUsed: 1, lastUsed: 5 });
  counters.forget({ rule: 'a' });
  expect(counters.list().map(({ subject }) => subject.rule)).toEqual(['b']);
});
