import { describe, expect, it } from 'vitest';
import { readAddress, readNetwork } from './address.ts';

describe('an address of an ExternalService', () => {
  it.each([
    ['203.0.113.7', { network: '203.0.113.7/32' }],
    ['203.0.113.0/24', { network: '203.0.113.0/24' }],
    ['2001:DB8:0::1', { network: '2001:db8::1/128' }],
    ['0.0.0.0/0', { network: '0.0.0.0/0' }],
    ['API.example.com.', { name: 'api.example.com' }],
  ])('%s is carried over without a word', (text, expected) => {
    expect(readAddress(text, 'spec.addresses[0]')).toEqual(expected);
  });

  it.each([
    ['203.0.113.7/24', { doubtful: '203.0.113.0/24' }, 'host-bits'],
    ['*.example.com', {}, 'wildcard-name'],
  ])('%s permits nothing, and somebody should look', (text, expected, code) => {
    const { remark, ...read } = readAddress(text, 'spec.addresses[0]');
    expect(read).toEqual(expected);
    expect(remark).toMatchObject({ effect: 'lost', severity: 'error', code, field: 'spec.addresses[0]' });
  });

  it.each([
    '10.0.0.300',
    '10.0.0.1-10.0.0.9',
    '10.0.0.0/33',
    '10.0.0.0/',
    '',
    'localhost',
    '::ffff:192.0.2.1',
    'http://x.example',
  ])('"%s" is lost, and never anything else', (text) => {
    const { remark, ...read } = readAddress(text, 'spec.addresses[0]');
    expect(read).toEqual({});
    expect(remark).toMatchObject({ effect: 'lost', severity: 'error', code: 'not-an-address' });
  });

  it('reads one network and nothing else', () => {
    const texts = ['10.16.0.0/16', '10.16.0.9', '10.16.0.0/16,fd00::/64', '', '10.16.0.0/16/8', '10.16.0.0/016'];
    expect(texts.map(readNetwork)).toEqual(['10.16.0.0/16', '10.16.0.9/32', ...Array<undefined>(4).fill(undefined)]);
  });
});
