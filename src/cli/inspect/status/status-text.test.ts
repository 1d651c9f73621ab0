import { describe, expect, it } from 'vitest';
import { objectOverviews, overviewOf } from '../../../core/status/overview.ts';
import { statusText, wideStatusText } from './status-text.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const done = { type: 'Programmed', status: 'True', reason: 'Programmed', lastTransitionTime: '2026-01-01T00:00:00Z' };
const status = { observedGeneration: 1, ready: 'True', conditions: [{ ...done, message: 'Read back.' }] };
const objects = {
  EnforcementPoint: [
    {
      metadata: { name: 'edge', generation: 1 },
      spec: { adapter: 'fortigate', mode: 'Enforce', vantage: { type: 'Pod' } },
      status: {
        ...status,
        ...{ rules: 3, inForce: '3/3', addresses: 5, deviceVersion: '7.6.5' },
        ...{ liveSince: '2026-01-01T09:00:00Z', lastSyncTime: '2026-01-01T11:59:00Z' },
      },
    },
  ],
  EgressPolicy: [
    {
      metadata: { name: 'web', namespace: 'shop', generation: 1 },
      spec: { governance: { owner: 'team-shop', expiresAt: '2027-01-01T00:00:00Z' } },
      status: { ...status, points: '1/1' },
    },
    { metadata: { name: 'new', namespace: 'shop', generation: 1 }, spec: {} },
  ],
};
const overview = overviewOf(objects, now);
const plain = (text: string): string => text;
const cellsOf = (text: string): readonly (readonly string[])[] => text.split('\n').map((line) => line.split(/ {2,}/));

describe('the status as a table', () => {
  it('has the points, and what is not ready', () => {
    expect(cellsOf(statusText(overview, now, plain))).toEqual([
      ['POINT', 'ADAPTER', 'MODE', 'READY', 'RULES', 'ADDRESSES', 'LIVE', 'MESSAGE'],
      ['edge', 'fortigate', 'Enforce', 'True', '3/3', '5', '3h', 'Read back.'],
      [''],
      ['KIND', 'NAMESPACE', 'NAME', 'READY', 'POINTS', 'WHY'],
      ['EgressPolicy', 'shop', 'new', 'Unknown', '-', 'No controller has processed it yet: is one running?'],
      [''],
    ]);
  });

  it('counts nothing at a point that nobody has dealt with', () => {
    const [edge] = objects.EnforcementPoint;
    const fresh = { ...objects, EnforcementPoint: [{ ...edge, status: undefined }] };
    expect(cellsOf(statusText(overviewOf(fresh, now), now, plain))[1]?.slice(0, 7)).toEqual([
      ...['edge', 'fortigate', 'Enforce', 'Unknown', '-', '-', '-'],
    ]);
  });

  it('says how many proxies have it, where that is known', () => {
    const [edge] = objects.EnforcementPoint;
    const told = { ...objects, EnforcementPoint: [{ ...edge, status: { ...edge?.status, proxies: '41/42' } }] };
    expect(cellsOf(statusText(overviewOf(told, now), now, plain))[1]?.[6]).toBe('3h, 41/42 proxies');
  });

  it('has more of each when it is asked for wide, and what is ready, too', () => {
    const [points, edge, , titles, ...rest] = cellsOf(wideStatusText(overview, objectOverviews(objects), now, plain));
    expect(points?.slice(-4)).toEqual(['READ', 'VANTAGE', 'VERSION', 'MESSAGE']);
    expect(edge?.slice(-4)).toEqual(['60s', 'Pod', '7.6.5', 'Read back.']);
    expect(titles).toEqual(['KIND', 'NAMESPACE', 'NAME', 'READY', 'POINTS', 'OWNER', 'EXPIRES', 'WHY']);
    expect(rest.map((cells) => cells.slice(1, 7))).toEqual([
      ['shop', 'new', 'Unknown', '-', '-', '-'],
      ['shop', 'web', 'True', '1/1', 'team-shop', '2027-01-01T00:00:00Z'],
      [],
    ]);
  });

  it('says where there is nothing', () => {
    const none = overviewOf({}, now);
    expect(statusText(none, now, plain)).toBe('There is no EnforcementPoint.\n\nEvery policy and service is ready.\n');
    expect(wideStatusText(none, [], now, plain)).toContain('There is no policy and no service.');
  });
});
