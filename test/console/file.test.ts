import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { filePage } from '../../src/console/page/page.ts';
import type { Embedded, MatrixView, PointView } from '../../src/console/views/shapes.ts';
import { until } from '../kit/redis-server.ts';
import { describeInBrowser, expectAccessible } from './browser.ts';

const evil = '</script><img src=x onerror="document.title=1"><b>"\'&lt;';
const point: PointView = {
  name: 'edge',
  adapter: 'fortigate',
  mode: 'Enforce',
  vantage: 'Pod',
  gateway: null,
  inMesh: false,
  defaultAction: 'Deny',
  covers: null,
  ready: 'False',
  reason: 'Held',
  message: 'Three removals are held.',
  rules: 7,
  rulesThere: 4,
  addresses: 12,
  groups: 3,
  largestGroup: { members: 9, max: 300 },
  liveSince: null,
  lastSyncTime: '2026-11-29T01:00:00Z',
  losses: [
    { effect: 'narrowed', code: 'wildcard', message: 'It knows no wildcards.', policies: ['EgressPolicy/shop/web'] },
  ],
  drift: {
    at: '2026-11-29T00:30:00Z',
    healed: true,
    count: 1,
    differences: [{ what: 'changed', object: 'firewall/policy 7', field: 'status' }],
  },
};

function matrixOf(workloads: number, services: number, name = ''): MatrixView {
  const namespaces = Array.from({ length: Math.ceil(workloads / 8) }, (_, at) => `team-${at}${name}`);
  return {
    namespaces,
    columns: Array.from({ length: services }, (_, at) => ({
      destination: `service-${at}${name}`,
      port: '443',
      protocol: 'TCP',
      service: true,
      example: `api-${at}.example.com:443`,
    })),
    answers: [
      { verdict: 'Deny', policy: null, tier: 'Default', partial: false },
      { verdict: 'Accept', policy: `EgressPolicy/team/web${name}`, tier: 'Namespace', partial: false },
      { verdict: 'Deny', policy: 'ClusterEgressPolicy/never', tier: 'Admin', partial: false },
      { verdict: 'Deny', policy: 'EgressPolicy/team/part', tier: 'Namespace', partial: true },
    ],
    profiles: Array.from({ length: Math.min(workloads, 400) }, (_, at) => [
      at % services,
      1,
      (at * 7 + 3) % services,
      2,
      (at * 13 + 5) % services,
      3,
    ]),
    rows: Array.from(
      { length: workloads },
      (_, at) => [Math.floor(at / 8), `Deployment/app-${at % 8}${name}`, `app-${at % 8}`, at % 400] as const,
    ),
    left: 0,
  };
}

function dataOf(matrix: MatrixView, over: Partial<Embedded> = {}): Embedded {
  return {
    overview: {
      api: 1,
      version: '0.1.0',
      made: { at: '2026-11-29T01:02:03Z', cluster: 'blue', from: 'files', live: false },
      viewer: { name: null, hidden: [] },
      points: [point],
      problems: [
        {
          severity: 'error',
          subject: 'EgressPolicy/shop/web',
          field: 'spec.to[0]',
          code: 'unresolved-reference',
          message: 'No such service.',
        },
      ],
    },
    matrix,
    timeline: {
      left: 0,
      records: [
        {
          point: 'edge',
          records: 40,
          from: '2026-11-28T00:00:00Z',
          to: '2026-11-29T01:00:00Z',
          hash: 'ab'.repeat(32),
          unsettled: 0,
          holes: [
            { after: '2026-11-28T12:00:00Z', code: 'missing', message: 'records 12 to 14 are missing before it' },
          ],
        },
      ],
      changes: [
        {
          point: 'edge',
          at: '2026-11-29T01:00:00.000Z',
          until: '2026-11-29T01:00:01.000Z',
          reason: 'policy-changed',
          writes: 3,
          result: 'done',
          message: '',
          opened: [{ who: 'pods app=web in namespace shop', addresses: '', to: 'api.stripe.com', ports: 'TCP 443' }],
          closed: [
            { who: 'pods app=web in namespace shop', addresses: '10.0.0.7', to: '198.51.100.0/24', ports: 'TCP 22' },
          ],
          more: 0,
          policies: [{ name: 'EgressPolicy/shop/web', by: 'kubectl' }],
        },
      ],
    },
    ...over,
  };
}

const views = [
  'points',
  'points/edge',
  'matrix',
  'map',
  'why?from=team-0/Deployment/app-0&to=api-0.example.com:443',
  'timeline',
  'gaps',
];

describeInBrowser('The console as one file', (rig) => {
  afterEach(() => rig.closePages());

  async function written(name: string, data: Embedded): Promise<string> {
    const path = rig.path(name);
    writeFileSync(path, [...filePage(await rig.assets(), data)].join(''));
    return `file://${path}`;
  }

  it('ships little script', async () => {
    const { script, style } = await rig.assets();
    expect(script.length).toBeLessThan(300_000);
    expect(gzipSync(script).length).toBeLessThan(40_000);
    expect(style.length).toBeLessThan(40_000);
    expect(script).not.toMatch(/https?:\/\/(?!www\.w3\.org\/)/);
  });

  it.each(['light', 'dark'] as const)('can be used by everybody, in %s', async (colorScheme) => {
    const url = await written('small.html', dataOf(matrixOf(20, 12)));
    for (const view of views) {
      const { page, requests, complaints } = await rig.open(`${url}#/${view}`, { colorScheme });
      await page.locator('h1').first().waitFor({ state: 'attached' });
      await expectAccessible(page, `${view} in ${colorScheme}`);
      expect({ view, requests: requests.filter((one) => !one.startsWith('data:')), complaints }).toEqual({
        view,
        requests: [url],
        complaints: [],
      });
    }
  });

  it('shows names as they are and runs none of them', async () => {
    const hostile = dataOf(matrixOf(8, 4, evil));
    const named = { ...point, name: `edge${evil}`, message: evil, losses: [{ ...point.losses[0]!, message: evil }] };
    const problems = [{ ...hostile.overview.problems[0]!, message: evil, subject: evil }];
    const overview = { ...hostile.overview, points: [named], problems };
    const changes = hostile.timeline!.changes.map((change) => ({
      ...change,
      opened: [{ who: evil, addresses: '', to: evil, ports: evil }],
    }));
    const url = await written('evil.html', { ...hostile, overview, timeline: { ...hostile.timeline!, changes } });
    for (const view of ['points', 'matrix', 'map', 'timeline', 'gaps']) {
      const { page, complaints } = await rig.open(`${url}#/${view}`);
      await page.locator('h1').first().waitFor({ state: 'attached' });
      expect(await page.locator('main').textContent()).toContain(view === 'map' ? 'app-0<' : evil);
      expect(await page.locator('main img').count()).toBe(0);
      expect(await page.title()).toContain('Postern');
      expect(complaints).toEqual([]);
    }
  });

  it('refuses a script that somebody wrote into the file', async () => {
    const path = rig.path('small.html');
    const text = [...filePage(await rig.assets(), dataOf(matrixOf(8, 4)))].join('');
    writeFileSync(path, text.replace('</body>', '<script>document.body.id = "taken"</script></body>'));
    const { page, complaints } = await rig.open(`file://${path}`);
    await page.locator('h1').first().waitFor();
    expect(await page.locator('#taken').count()).toBe(0);
    await until('the browser says so', () => complaints.join().includes('Content Security Policy'));
  });

  it('shows 10,000 workloads by 300 destinations in fewer steps than there are cells, and keeps few', async () => {
    const url = await written('large.html', dataOf(matrixOf(10_000, 300)));
    const { page } = await rig.open('about:blank');
    await page.coverage.startJSCoverage({ reportAnonymousScripts: true });
    await page.goto(`${url}#/matrix`);
    await page.locator('.cell').first().waitFor();
    await page.locator('#who').fill('team-1/ app-7');
    await page.getByText('1 of 10,000 workloads').waitFor();
    const scripts = await page.coverage.stopJSCoverage();
    const ranges = scripts.flatMap(({ functions }) => functions.flatMap((one) => one.ranges));
    const steps = ranges.reduce((sum, { count }) => sum + count, 0);
    expect(steps).toBeGreaterThan(10_000);
    expect(steps).toBeLessThan(10_000 * 300);
    await page.locator('#who').fill('');
    await page.getByText('10,000 of 10,000 workloads').waitFor();
    expect(await page.locator('.cell').count()).toBeLessThan(4_000);
    await page.evaluate("document.querySelector('.grid').scrollTo(4000, 200000)");
    await page
      .getByRole('rowheader', { name: /^team-96\d/ })
      .first()
      .waitFor();
    expect(await page.locator('.cell').count()).toBeLessThan(4_000);
    await page.locator('#who').fill('team-1249/ app-7');
    await page.getByText('1 of 10,000 workloads').waitFor();
    await page.waitForURL((at) => at.hash.includes('who=team-1249%2F+app-7'));
  });

  it('is gone through by keys', async () => {
    const url = await written('small.html', dataOf(matrixOf(20, 12)));
    const { page } = await rig.open(`${url}#/matrix`);
    const detail = page.getByLabel('The chosen cell');
    await page.locator('.grid').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await detail.getByText('team-0/Deployment/app-1 may reach service-1').waitFor();
    await page.locator('.grid[aria-activedescendant=cell-1-1]').waitFor();
    await page.keyboard.press('Control+End');
    await detail.getByText('team-2/Deployment/app-3').waitFor();
    await page.getByRole('link', { name: 'On the map' }).press('Enter');
    await page.waitForURL((at) => at.hash.startsWith('#/map?namespace=team-2'));
    const { page: fresh } = await rig.open(`${url}#/points`);
    await fresh.locator('h1').waitFor();
    await fresh.keyboard.press('Tab');
    await fresh.locator('.skip:focus').getByText('To the content').waitFor();
  });

  it('finds a policy, a destination, and nothing', async () => {
    const url = await written('small.html', dataOf(matrixOf(20, 12)));
    const { page } = await rig.open(`${url}#/matrix?where=service-11`);
    await page.getByText('20 of 20 workloads, 1 of 12 destinations').waitFor();
    await page.locator('#where').fill('policy:never');
    await page.locator('.shown', { hasNotText: '1 of 12' }).waitFor();
    await page.locator('#who').fill('nobody');
    await page.getByRole('heading', { name: 'Nothing fits' }).waitFor();
  });

  it('tells where the record has a hole', async () => {
    const url = await written('small.html', dataOf(matrixOf(8, 4)));
    const { page } = await rig.open(`${url}#/timeline`);
    await page.locator('.timeline li').getByText('records 12 to 14 are missing').waitFor();
    await page.locator('.opened').getByText('opened: pods app=web in namespace shop').waitFor();
    await page.locator('.closed').getByText('10.0.0.7').waitFor();
  });

  it('fits on a phone', async () => {
    const url = await written('small.html', dataOf(matrixOf(20, 12)));
    for (const view of views) {
      const { page } = await rig.open(`${url}#/${view}`, { viewport: { width: 360, height: 700 } });
      await page.locator('h1').first().waitFor({ state: 'attached' });
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
      expect({ view, wide }).toEqual({ view, wide: 360 });
      await expectAccessible(page, `${view} on a phone`);
    }
  });

  it('teaches where there is nothing, and says what the record alone cannot tell', async () => {
    const nothing = { columns: [], answers: [], profiles: [], namespaces: [], rows: [], left: 0 };
    const empty = dataOf(nothing, { timeline: { changes: [], left: 0, records: [] } });
    const url = await written('empty.html', { ...empty, overview: { ...empty.overview, points: [], problems: [] } });
    const wanted = {
      points: 'No policy is enforced yet',
      matrix: 'There are no workloads',
      map: 'There are no workloads',
      timeline: 'Nothing is on record yet',
      gaps: 'No gaps are known',
    };
    for (const [view, title] of Object.entries(wanted)) {
      const { page } = await rig.open(`${url}#/${view}`);
      await page.getByRole('heading', { name: title }).waitFor();
      await expectAccessible(page, `empty ${view}`);
    }
    const recorded = await written('recorded.html', { ...empty, matrix: null });
    const { page } = await rig.open(`${recorded}#/matrix`);
    await page.getByText('made from the audit record alone').waitFor();
  });

  it('is written by the report', async () => {
    const path = rig.path('company.html');
    await rig.postern(
      'report',
      '-f',
      'examples/company',
      '-o',
      'console',
      '--output',
      path,
      '--audit-dir',
      rig.path('no'),
    );
    const { page, complaints } = await rig.open(`file://${path}#/matrix`);
    await page.getByText('6 of 6 workloads, 9 of 9 destinations').waitFor();
    await page.goto(`file://${path}#/why?from=shop/Deployment/checkout&to=mail.example:587`);
    await page.locator('h1').first().waitFor();
    expect(complaints).toEqual([]);
  });
});
