import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from './config.ts';

const single = (host: string, port: number) => ({ kind: 'single', node: { host, port } });

describe('parseRedisUrl', () => {
  it.each([
    ['redis://redis.example', { target: single('redis.example', 6379), database: 0 }],
    ['redis://127.0.0.1:7000/3', { target: single('127.0.0.1', 7000), database: 3 }],
    ['redis://[::1]:7000', { target: single('::1', 7000), database: 0 }],
    ['redis://:p%40ss@h', { target: single('h', 6379), database: 0, password: 'p@ss' }],
    ['redis://u:p@h', { target: single('h', 6379), database: 0, username: 'u', password: 'p' }],
    ['rediss://h', { target: single('h', 6379), database: 0, tls: {} }],
    [
      'redis+sentinel://:p@a,b:26380/main/2',
      {
        target: {
          kind: 'sentinel',
          master: 'main',
          sentinels: [
            { host: 'a', port: 26379 },
            { host: 'b', port: 26380 },
          ],
        },
        database: 2,
        password: 'p',
      },
    ],
    [
      'rediss+cluster://a:1,b:2',
      {
        target: {
          kind: 'cluster',
          nodes: [
            { host: 'a', port: 1 },
            { host: 'b', port: 2 },
          ],
        },
        database: 0,
        tls: {},
      },
    ],
  ])('reads %s', (url, config) => {
    expect(parseRedisUrl(url)).toEqual(config);
  });

  it('lets what is given apart count before what the address says', () => {
    const config = parseRedisUrl('rediss://u:old@h', { password: 'new', tls: { ca: 'PEM' } });
    expect(config).toEqual({
      target: single('h', 6379),
      database: 0,
      username: 'u',
      password: 'new',
      tls: { ca: 'PEM' },
    });
  });

  it.each([
    'http://u:hunter2@h',
    'redis://u:hunter2@',
    'redis://u:hunter2@h:99999',
    'redis://u:hunter2@a,b',
    'redis://u:hunter2@h/x',
    'redis+sentinel://u:hunter2@h',
    'u:hunter2',
  ])('refuses %s without repeating the password', (url) => {
    let message = '';
    try {
      parseRedisUrl(url);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/^The address of Redis cannot be read/);
    expect(message).not.toContain('hunter2');
  });
});
