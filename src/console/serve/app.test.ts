import { describe, expect, it } from 'vitest';
import { loadAdapter } from '../../../adapters/index.ts';
import { aClusterPolicy, aNamespace, aPod, aPoint, aPolicy, aService, aSnapshot } from '../../../test/kit/builders.ts';
import { toChanges } from '../../core/compile/changes.ts';
import { Compiler } from '../../core/compile/compiler.ts';
import type { MatrixView, Overview, WhyView } from '../views/shapes.ts';
import { openAccess, Refused, type Access } from './access.ts';
import { consoleApp } from './app.ts';
import { Documents } from './documents.ts';
import { everything, type Rights } from './rights.ts';
import { World } from './world.ts';

const snapshot = aSnapshot({
  namespaces: [aNamespace('shop'), aNamespace('bank')],
  pods: [
    aPod({ namespace: 'shop', name: 'web-1', workload: 'Deployment/web', addresses: ['10.0.0.1'] }),
    aPod({ namespace: 'bank', name: 'ledger-1', workload: 'Deployment/ledger', addresses: ['10.0.0.2'] }),
  ],
  externalServices: [
    aService({}, { name: 'payments' }),
    aService({ networks: ['198.51.100.0/24'] }, { name: 'vault' }),
  ],
  egressPolicies: [
    aPolicy({ to: [{ externalService: 'payments' }] }, { namespace: 'shop', name: 'web' }),
    aPolicy(
      { to: [{ networks: ['192.0.2.0/24'], ports: [{ port: 22 }] }] },
      { namespace: 'bank', name: 'hidden', uid: 'u2' },
    ),
  ],
  clusterEgressPolicies: [
    aClusterPolicy({ egress: [{ action: 'Deny', to: [{ networks: ['203.0.113.9/32'] }] }] }, { name: 'secret-floor' }),
  ],
  enforcementPoints: [aPoint({}, { name: 'edge' })],
});

function served(access: Access = openAccess, { loopback = true, follows = true, synced = true } = {}) {
  const world = new World();
  const clock = { ms: Date.parse('2026-01-01T00:00:00Z'), elapsed: 0 };
  if (follows) {
    const compiler = new Compiler();
    const changes = toChanges(snapshot);
    compiler.apply(changes, new Date(clock.ms).toISOString());
    const ofBank = { subject: 'EgressPolicy/bank/hidden', field: '', code: 'expired', message: 'of bank' } as const;
    const compiled = {
      desired: (name: string) => compiler.desired(name),
      overGrants: (name: string) => compiler.overGrants(name),
      problems: () => [...compiler.problems(), { severity: 'warning', ...ofBank } as const],
    };
    world
      .follow({
        publisher: {
          points: () => snapshot.enforcementPoints,
          read: (answer) => Promise.resolve(answer(compiled)),
        },
        outcomes: { last: () => Promise.resolve(undefined) },
        synced: () => synced,
      })
      .changes(changes);
  }
  const documents = new Documents({
    world,
    adapters: loadAdapter,
    cluster: 'blue',
    version: '0.1.0',
    record: () => Promise.resolve(undefined),
    clock: { now: () => clock.ms, elapsed: () => clock.ms, sleep: () => Promise.resolve() },
    elapsed: () => clock.elapsed,
  });
  const assets = { script: 'let a', style: 'b{}' };
  const app = consoleApp({ assets, documents, access, loopback, elapsed: () => clock.elapsed });
  const get = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
    Promise.resolve(app.request(path, { method, headers: { Host: 'localhost:8080', ...headers } }));
  const json = async <T>(path: string): Promise<T> => (await (await get(path)).json()) as T;
  return { app, get, json, clock };
}

/** Of somebody who works in shop alone. */
const ofShop: Rights = {
  name: 'ada',
  points: false,
  services: false,
  clusterPolicies: false,
  namespaces: new Set(['shop']),
  notReviewed: 0,
};

describe('what the console answers', () => {
  it('tells the points, the matrix and why', async () => {
    const { json } = served();
    const overview = await json<Overview>('/api/v1/overview');
    expect(overview).toMatchObject({
      api: 1,
      made: { cluster: 'blue', live: true },
      points: [{ name: 'edge', ready: 'Unknown' }],
    });
    const matrix = await json<MatrixView>('/api/v1/matrix');
    expect(matrix.rows.map(([at, workload]) => `${matrix.namespaces[at]}/${workload}`)).toEqual([
      'bank/Deployment/ledger',
      'shop/Deployment/web',
    ]);
    const why = await json<WhyView>('/api/v1/why?from=shop/Deployment/web&to=203.0.113.7:443');
    expect(why).toMatchObject({ policy: 'EgressPolicy/shop/web', limits: [] });
    expect(why.steps[0]).toMatchObject({ layer: 'intent', verdict: 'Accept' });
  });

  it('answers what has not changed without a body', async () => {
    const { get } = served();
    for (const document of ['overview', 'matrix']) {
      const first = await get(`/api/v1/${document}`);
      const again = await get(`/api/v1/${document}`, { 'If-None-Match': first.headers.get('ETag') ?? '' });
      expect([first.status, again.status, await again.text()]).toEqual([200, 304, '']);
    }
  });

  it('packs an answer for whoever can unpack it', async () => {
    const { get } = served();
    const packed = await get('/api/v1/matrix', { 'Accept-Encoding': 'br, gzip;q=0.5' });
    expect(packed.headers.get('Content-Encoding')).toBe('gzip');
    expect([...new Uint8Array(await packed.arrayBuffer())].slice(0, 2)).toEqual([0x1f, 0x8b]);
  });

  it('says what is wrong with a question', async () => {
    const { get } = served();
    const error = async (query: string) => (await (await get(`/api/v1/why?${query}`)).json()) as { error: string };
    expect((await error('from=shop/nobody&to=a.example:443')).error).toContain('there is no pod or workload "nobody"');
    expect((await error('from=shop/web&to=nowhere')).error).toContain('is not HOST:PORT');
    expect((await error(`from=shop/web&to=${'a'.repeat(700)}:443`)).error).toContain('too long');
    const noRecord = await get('/api/v1/timeline');
    expect([noRecord.status, await noRecord.text()]).toEqual([503, expect.stringContaining('--audit-dir')]);
    expect((await get('/api/v2/overview')).status).toBe(404);
  });

  it('says that it stands by where another process leads', async () => {
    const { get } = served(openAccess, { follows: false });
    const answer = await get('/api/v1/overview');
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('another one leads')]);
  });

  it.each(['overview', 'matrix', 'why?from=shop/web&to=a.example:443'])(
    'does not answer %s from a part of the cluster, while it is read',
    async (path) => {
      const { get } = served(openAccess, { synced: false });
      const answer = await get(`/api/v1/${path}`);
      expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('still being read')]);
    },
  );
});

describe('who the console answers', () => {
  it('only reads', async () => {
    const { get } = served();
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      expect([method, (await get('/api/v1/overview', {}, method)).status]).toEqual([method, 405]);
  });

  it.each([
    ['a name of somebody else that leads here', { Host: 'evil.example:8080' }],
    ['another origin', { Origin: 'https://evil.example' }],
    ['no origin', { Origin: 'null' }],
    ['a page of another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a page of another port', { 'Sec-Fetch-Site': 'same-site' }],
  ])('refuses %s', async (_, headers: Readonly<Record<string, string>>) => {
    expect((await served().get('/api/v1/overview', headers)).status).toBe(403);
  });

  it.each(['localhost', '127.0.0.1:8080', '[::1]:8080'])('is reached as %s', async (Host) => {
    const { get } = served();
    expect((await get('/api/v1/overview', { Host, Origin: `http://${Host}` })).status).toBe(200);
  });

  it('lets no page run or load anything but its own', async () => {
    const { get } = served();
    for (const path of ['/console/', '/console/console.js', '/console/console.css', '/api/v1/overview']) {
      const { status, headers } = await get(path);
      const policy = headers.get('Content-Security-Policy') ?? '';
      expect([path, status, policy]).toEqual([path, 200, expect.stringContaining("default-src 'none'")]);
      expect(policy).not.toContain('unsafe');
      expect(headers.get('X-Frame-Options')).toBe('DENY');
    }
  });

  it('answers so many requests a second, and so many questions', async () => {
    const { get, clock } = served();
    const asked = [];
    for (let at = 0; at < 21; at += 1) asked.push((await get('/api/v1/why?from=shop/web&to=203.0.113.7:443')).status);
    expect(asked.slice(0, 20).every((status) => status === 200)).toBe(true);
    expect(asked[20]).toBe(429);
    clock.elapsed += 1_000;
    expect((await get('/api/v1/why?from=shop/web&to=203.0.113.7:443')).status).toBe(200);
    for (let at = 0; at < 200; at += 1) await get('/console/console.css');
    expect((await get('/console/console.css')).status).toBe(429);
  });

  it('lets nobody use up what others may ask', async () => {
    const { app } = served((authorization) => Promise.resolve({ ...everything, name: authorization ?? null }));
    const get = (path: string, from: string) =>
      app.request(
        path,
        { headers: { Host: 'localhost', Authorization: from } },
        { incoming: { socket: { remoteAddress: from } } },
      );
    const question = '/api/v1/why?from=shop/web&to=203.0.113.7:443';
    for (let at = 0; at < 21; at += 1) await get(question, '10.0.0.66');
    expect((await get(question, '10.0.0.66')).status).toBe(429);
    expect((await get(question, '10.0.0.1')).status).toBe(200);
    for (let at = 0; at < 200; at += 1) await get('/console/console.css', '10.0.0.66');
    expect((await get('/console/console.css', '10.0.0.66')).status).toBe(429);
    expect((await get('/console/console.css', '10.0.0.1')).status).toBe(200);
  });

  it('shows nothing to whoever shows no token, and tells nothing of what went wrong inside', async () => {
    const refusing = served(() => Promise.reject(new Refused(401, 'show a token')));
    const refused = await refusing.get('/api/v1/matrix');
    expect([refused.status, refused.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer']);
    const broken = await served(() => Promise.reject(new Error('password=hunter2'))).get('/api/v1/matrix');
    expect([broken.status, await broken.text()]).toEqual([500, expect.not.stringContaining('hunter2')]);
  });
});

describe('somebody who may list the policies of one namespace', () => {
  const { json, get } = served(() => Promise.resolve(ofShop));

  it('is shown its rows, its destinations, and no name of others', async () => {
    const matrix = await json<MatrixView>('/api/v1/matrix');
    expect(matrix.namespaces).toEqual(['shop']);
    expect(matrix.columns.map(({ destination }) => destination)).toEqual(['payments']);
    const everywhere = JSON.stringify([matrix, await json('/api/v1/overview')]);
    for (const hidden of ['bank', 'vault', '192.0.2.0', 'secret-floor', 'edge', 'hidden'])
      expect([hidden, everywhere.includes(hidden)]).toEqual([hidden, hidden === 'hidden']);
  });

  it('is judged by everything all the same', async () => {
    const { answers, profiles } = await json<MatrixView>('/api/v1/matrix');
    expect(answers[profiles[0]?.[1] ?? 0]).toMatchObject({ verdict: 'Deny', partial: true });
  });

  it('is told what is left out', async () => {
    const { viewer } = await json<Overview>('/api/v1/overview');
    expect(viewer.name).toBe('ada');
    expect(viewer.hidden.join(' ')).toContain('enforcementpoints.postern.dev');
  });

  it('asks about its own, without the names of what it may not see', async () => {
    const why = await json<WhyView>('/api/v1/why?from=shop/web&to=203.0.113.9:443');
    expect(JSON.stringify(why)).not.toMatch(/secret-floor|edge/);
    expect((await get('/api/v1/why?from=bank/ledger&to=203.0.113.9:443')).status).toBe(403);
    expect((await get('/api/v1/timeline')).status).toBe(403);
  });

  it('does not see what others were shown before', async () => {
    const both = served((authorization) => Promise.resolve(authorization === undefined ? everything : ofShop));
    const whole = await (await both.get('/api/v1/matrix')).text();
    const part = await (await both.get('/api/v1/matrix', { Authorization: 'Bearer ada' })).text();
    expect([whole.includes('bank'), part.includes('bank')]).toEqual([true, false]);
  });
});
