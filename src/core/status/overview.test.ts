import { describe, expect, it } from 'vitest';
import { overviewOf } from './overview.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const none = { EnforcementPoint: [], ClusterEgressPolicy: [], EgressPolicy: [], ExternalService: [] };

function aPoint(status: Record<string, unknown> | undefined, generation = 1): unknown {
  return { metadata: { name: 'edge', generation }, spec: { adapter: 'memory', mode: 'Enforce' }, status };
}

function condition(type: string, status: string, message: string): unknown {
  return { type, status, reason: 'Because', message, lastTransitionTime: '2026-01-01T00:00:00Z' };
}

const good = {
  observedGeneration: 1,
  ready: 'True',
  conditions: [condition('Accepted', 'True', 'Fine.'), condition('Programmed', 'True', 'Read back.')],
  rules: 3,
  inForce: '2/3',
  addresses: 5,
  liveSince: '2026-01-01T11:00:00Z',
  lastSyncTime: '2026-01-01T11:58:00Z',
};
const pointsOf = (...objects: unknown[]) => overviewOf({ ...none, EnforcementPoint: objects }, now).points;

describe('the overview', () => {
  it('shows each point with what its readiness rests on', () => {
    expect(overviewOf({ ...none, EnforcementPoint: [aPoint(good)] }, now)).toEqual({
      ready: true,
      points: [
        {
          name: 'edge',
          adapter: 'memory',
          mode: 'Enforce',
          vantage: '',
          deviceVersion: '',
          ready: 'True',
          rules: 3,
          inForce: '2/3',
          addresses: 5,
          liveSince: '2026-01-01T11:00:00Z',
          proxies: '',
          lastSyncTime: '2026-01-01T11:58:00Z',
          message: 'Read back.',
        },
      ],
      notReady: [],
    });
  });

  it('tells of a point that is ready how many proxies have what it wrote, and which have not', () => {
    const conditions = [...good.conditions, condition('Live', 'False', 'mesh: shop/web-1 runs without a sidecar.')];
    expect(pointsOf(aPoint({ ...good, conditions, proxies: '41/42' }))[0]).toMatchObject({
      ready: 'True',
      proxies: '41/42',
      message: 'mesh: shop/web-1 runs without a sidecar.',
    });
  });

  it('gives the reason that stands in the way', () => {
    const conditions = [condition('Accepted', 'True', 'Fine.'), condition('Programmed', 'False', 'No answer.')];
    expect(pointsOf(aPoint({ ...good, ready: 'False', conditions }))[0]).toMatchObject({
      ready: 'False',
      message: 'No answer.',
    });
  });

  it.each([
    ['that nobody has looked at', aPoint(undefined), 'No controller has processed it yet: is one running?'],
    ['that was changed since', aPoint(good, 2), 'No controller has processed it since it was changed: is one running?'],
    [
      'that nobody looks after any more',
      aPoint({ ...good, lastSyncTime: '2026-01-01T11:44:59Z' }),
      'Not read back since 2026-01-01T11:44:59Z: are a controller and a worker running?',
    ],
    [
      'whose status is of another version',
      aPoint({ phase: 'Fine' }),
      expect.stringMatching(/^No controller has processed/),
    ],
  ])('does not believe a point %s', (_, point, message) => {
    expect(pointsOf(point)[0]).toMatchObject({ ready: 'Unknown', message: message as string });
  });

  it('names policies and services that are not ready, sorted, and no others', () => {
    const object = (namespace: string | undefined, name: string, ready: string): unknown => ({
      metadata: { ...(namespace !== undefined && { namespace }), name, generation: 1 },
      spec: { governance: { owner: 'us' } },
      status: { observedGeneration: 1, ready, points: '1/2', conditions: [condition('Programmed', ready, `${name}!`)] },
    });
    const { ready, notReady } = overviewOf(
      {
        ...none,
        EgressPolicy: [object('shop', 'web', 'False'), object('shop', 'fine', 'True'), object('a', 'late', 'Unknown')],
        ExternalService: [object(undefined, 'payments', 'False')],
      },
      now,
    );
    expect(ready).toBe(false);
    const common = { points: '1/2', owner: 'us', expiresAt: null };
    expect(notReady).toEqual([
      { kind: 'EgressPolicy', namespace: 'a', name: 'late', ready: 'Unknown', message: 'late!', ...common },
      { kind: 'EgressPolicy', namespace: 'shop', name: 'web', ready: 'False', message: 'web!', ...common },
      { kind: 'ExternalService', namespace: '', name: 'payments', ready: 'False', message: 'payments!', ...common },
    ]);
  });
});
