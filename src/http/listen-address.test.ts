import { describe, expect, it } from 'vitest';
import { isLoopback, parseListenAddress } from './listen-address.ts';

describe('an address to listen on', () => {
  it.each([
    ['8080', { host: '127.0.0.1', port: 8080 }, true],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }, true],
    ['localhost:80', { host: 'localhost', port: 80 }, true],
    ['[::1]:8080', { host: '::1', port: 8080 }, true],
    ['0.0.0.0:8080', { host: '0.0.0.0', port: 8080 }, false],
    ['[::]:65535', { host: '::', port: 65535 }, false],
  ])('reads %s', (text, address, loopback) => {
    expect(parseListenAddress(text)).toEqual(address);
    expect(isLoopback(address)).toBe(loopback);
  });

  it.each(['', ':8080', '65536', '::1:80', 'http://127.0.0.1:80', '127.0.0.1', 'a b:80', '80 '])(
    'refuses %j',
    (text) => {
      expect(() => parseListenAddress(text)).toThrow('PORT or HOST:PORT');
    },
  );
});
