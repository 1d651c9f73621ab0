import { describe, expect, it } from 'vitest';
import { feedConfigSchema } from '../config.ts';
import { Publication } from '../formats/publication.ts';
import { aDocument } from '../testing/served.ts';
import type { Access } from '../serve/access-log.ts';
import { liveOf } from './live.ts';

const now = Date.parse('2027-03-01T12:00:00Z');
const publication = new Publication(aDocument());

function config(...consumers: readonly object[]) {
  const named = consumers.map((fields, at) => ({
    name: `pan-${at + 1}`,
    device: 'pan-os',
    intervalSeconds: 300,
    ...fields,
  }));
  return feedConfigSchema.parse({ store: { folder: '/feed' }, consumers: named });
}

function access(fetches: Access['fetches'], refusals: Access['refusals'] = {}): Access {
  return { fetches, refusals };
}

/** Everything that it should have, fetched so long ago. */
function fetched(secondsAgo: number, of = publication): Access['fetches'][string] {
  const at = new Date(now - secondsAgo * 1_000).toISOString();
  const paths = of.pathsFor({ device: 'pan-os', parts: 1 });
  return Object.fromEntries(
    paths.map((path) => [path, { etag: of.find(path)?.etag ?? '', revision: 1, at, status: 200 }]),
  );
}

describe('a feed is live', () => {
  it('when its consumers have what is published, and come as often as they should; it looks again when the next is due', () => {
    const told = access({ 'pan-1': fetched(100), 'pan-2': fetched(200) });
    const { state, evidence, lookAgainAfterMs } = liveOf(publication, told, config({}, {}), now);
    expect([state, evidence]).toEqual(['live', 'fetched by pan-1, pan-2']);
    expect(lookAgainAfterMs).toBe(300 * 1_100 + 10_000 - 200_000);
  });

  it.each([
    ['has never come', { 'pan-1': fetched(1) }],
    [
      'has come at 2027-03-01T14:00:00.000Z, which is yet to be: set the clocks of the worker and of the server of the feed',
      { 'pan-1': fetched(1), 'pan-2': fetched(-7_200) },
    ],
    ['has not come since 2027-03-01T11:50:00.000Z', { 'pan-1': fetched(1), 'pan-2': fetched(600) }],
    [
      'has never fetched lists/pn-east-a.txt: add it there',
      { 'pan-1': fetched(1), 'pan-2': without('lists/pn-east-a.txt') },
    ],
    [
      'has fetched lists/pn-east-a.txt last before it changed',
      { 'pan-1': fetched(1), 'pan-2': stale('lists/pn-east-a.txt', 1) },
    ],
    ['has not fetched lists/pn-east-a.txt since', { 'pan-1': fetched(1), 'pan-2': stale('lists/pn-east-a.txt', 900) }],
  ] as const)('not when one of them %s', (told, fetches) => {
    const { state, evidence } = liveOf(publication, access(fetches), config({}, {}), now);
    expect([state, evidence]).toEqual(['pending', expect.stringContaining(`pan-2 ${told}`)]);
  });

  it('not before a consumer has taken in that a list is gone, unless it fetches that one no more', () => {
    const empty = new Publication(aDocument({ lists: [], rules: [] }));
    expect(liveOf(empty, access({ 'pan-1': fetched(10) }), config({}), now)).toMatchObject({
      state: 'pending',
      evidence: 'pan-1 has fetched lists/pn-east-a.txt last before it changed',
    });
    const nobody = { ...fetched(10), ...fetched(10, empty) };
    for (const path of Object.keys(nobody)) nobody[path] = { ...nobody[path]!, etag: empty.find(path)!.etag };
    expect(liveOf(empty, access({ 'pan-1': nobody }), config({}), now).state).toBe('live');
    const others = {
      ...fetched(900),
      'rules.json': { etag: empty.find('rules.json')!.etag, revision: 2, at: new Date(now).toISOString(), status: 200 },
    };
    expect(liveOf(empty, access({ 'pan-1': others }), config({}), now).state).toBe('live');
  });

  it('not while one is turned away, which is told, until it gets in again', () => {
    const at = new Date(now - 5_000).toISOString();
    const turned = (why: 'credential' | 'address', secondsAgo: number): string =>
      liveOf(publication, access({ 'pan-1': fetched(secondsAgo) }, { 'pan-1': { why, at } }), config({}), now).evidence;
    expect(turned('credential', 900)).toContain('pan-1 is turned away: what it shows is not the credential');
    expect(turned('address', 900)).toContain('pan-1 is turned away: it comes from an address');
    expect(turned('credential', 1)).toBe('fetched by pan-1');
  });

  it('as far as anybody knows, which without consumers is nobody', () => {
    expect(liveOf(publication, access({}), config(), now).state).toBe('unknown');
    expect(liveOf(publication, undefined, config({}), now)).toEqual({
      state: 'pending',
      evidence: 'pan-1 has never come',
    });
  });
});

function without(path: string): Access['fetches'][string] {
  return Object.fromEntries(Object.entries(fetched(1)).filter(([other]) => other !== path));
}

function stale(path: string, secondsAgo: number): Access['fetches'][string] {
  const at = new Date(now - secondsAgo * 1_000).toISOString();
  return { ...fetched(1), [path]: { etag: '"other"', revision: 0, at, status: 200 } };
}
