import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deviceKinds, devices, unlimited } from './devices.ts';
import { behaviours } from './simulator/behaviour.ts';

const page = readFileSync('adapters/feed/README.md', 'utf8');

/** The cells of the rows that begin with a name in a table of the page. */
function rows(heading: string): ReadonlyMap<string, readonly string[]> {
  const [, section = ''] = new RegExp(`^## ${heading}\\n([^]*?)(?=^## )`, 'm').exec(page) ?? [];
  const lines = [...section.matchAll(/^\| `([^`]+)` +\|(.*)\|$/gm)];
  return new Map(lines.map(([, name = '', cells = '']) => [name, cells.split('|').map((cell) => cell.trim())]));
}

describe('the page', () => {
  it('says of each kind of device what the code takes it for', () => {
    const told = rows('Devices');
    expect([...told.keys()]).toEqual([...deviceKinds]);
    const number = (value: number): string => value.toLocaleString('en-US');
    for (const [kind, cells] of told) {
      const { format, names, maxEntries, maxPerList, maxLists, minIntervalSeconds } =
        devices[kind as keyof typeof devices];
      const [fetches = '', named, limit = '', interval] = cells;
      expect(fetches).toMatch(format === 'text' ? /^text/ : `${format}.json`);
      expect(named).toBe({ url: 'as URL lists', domain: 'as domain lists', none: 'no' }[names]);
      expect(interval).toBe(`${number(minIntervalSeconds)} s`);
      const limits = [
        ...(maxPerList < unlimited ? [`${number(maxPerList)} of a list`] : []),
        ...(maxEntries < unlimited ? [`${number(maxEntries)} in all`] : []),
        ...(maxLists < unlimited ? [`${number(maxLists)} lists`] : []),
      ];
      expect(limit).toBe(limits.join(', '));
    }
  });

  it('says what each loss means', () => {
    const sources = readdirSync('adapters/feed/lower').map((name) =>
      readFileSync(`adapters/feed/lower/${name}`, 'utf8'),
    );
    const codes = sources.flatMap((text) => [...text.matchAll(/code: '([a-z0-9-]+)'/g)].map(([, code]) => code));
    expect([...rows('Limits').keys()].sort()).toEqual([...new Set([...codes, 'profile-unknown'])].sort());
  });
});

it('every kind of device has a consumer to practise on that is no more patient than it is', () => {
  expect(Object.keys(behaviours).sort()).toEqual([...deviceKinds].sort());
  const intervals = deviceKinds.map((kind) => [
    devices[kind].minIntervalSeconds,
    behaviours[kind]?.leastIntervalSeconds,
  ]);
  expect(intervals.filter(([taken, simulated]) => taken !== simulated)).toEqual([]);
});
