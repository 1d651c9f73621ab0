import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { readFeed } from './feeds.ts';

const entries = [{ entry: '10.0.0.1', valid: true }, { entry: '2001:db8::1' }, '10.9.0.0/24'];

describe('the entries of a feed', () => {
  it.each<[string, JsonObject, { valid: number; invalid: number; overflow: boolean }]>([
    ['by its counts', { valid_count: 2, invalid_count: 1, overflow: true }, { valid: 2, invalid: 1, overflow: true }],
    ['as they are, where a build counts nothing', {}, { valid: 3, invalid: 0, overflow: false }],
    [
      'one by one, where a build counts nothing and flags what it does not take',
      { entries: [...entries, { entry: '10.0.0.999', valid: false }] },
      { valid: 3, invalid: 1, overflow: false },
    ],
  ])('are taken %s', async (_, more, counted) => {
    const feed = await readFeed(() => Promise.resolve({ results: { entries, ...more } }), 'feed');
    expect(feed).toMatchObject(counted);
    expect(feed.members.slice(0, 1)).toEqual(['10.0.0.1']);
  });
});
