import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startFortigate, type FortigateSimulator } from '../../adapters/fortigate/simulator/simulator.ts';
import { asYaml, pointObject, secretObject } from '../kit/objects.ts';
import { until } from '../kit/redis-server.ts';
import { describeInBrowser, expectAccessible } from './browser.ts';

/** As the API server admits it: a label of a pod is in the title of its group. */
const marked = 'x.onerror.alert-1';

describeInBrowser('The console of a running Postern', (rig) => {
  let firewall: FortigateSimulator;
  let running: ChildProcess;
  let url = '';

  beforeAll(async () => {
    firewall = await startFortigate({ port: 0, prepared: true });
    const folder = rig.path('manifests');
    mkdirSync(folder);
    for (const file of ['cluster.yaml', 'policies.yaml', 'services.yaml'])
      cpSync(join('examples/company', file), join(folder, file));
    writeFileSync(join(folder, 'point.yaml'), pointOf(firewall));
    const args = ['run', '--manifests', folder, '--listen', '0', '--console', '--audit-dir', rig.path('audit')];
    running = spawn('node', [join(rig.dist, 'postern.js'), ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    running.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      url ||= /the console at (\S+)/.exec(said)?.[1] ?? '';
    });
    await until('it serves', () => url !== '', 30_000);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/console\/$/);
    await until('it follows the manifests', async () => (await fetch(new URL('../api/v1/overview', url))).ok, 30_000);
  });
  afterAll(async () => {
    running.kill();
    await once(running, 'exit');
    await firewall.close();
  });
  afterEach(() => rig.closePages());

  it('shows the point as soon as it holds what is wanted, without a reload', async () => {
    const { page, complaints } = await rig.open(url);
    await page.getByRole('heading', { name: 'The point matches the intent.' }).waitFor();
    await page.getByText('Latest changes').waitFor();
    await expectAccessible(page, 'points, live');
    expect(complaints).toEqual([]);
    await page.locator('.fresh-live').waitFor();
  });

  it('asks nobody but the process that it came from', async () => {
    const { page, requests } = await rig.open(`${url}#/matrix`);
    await page.getByText('6 of 6 workloads').waitFor();
    const { host } = new URL(url);
    expect(requests.filter((one) => !one.startsWith('data:') && new URL(one).host !== host)).toEqual([]);
    expect(requests.some((one) => one.includes('/api/v1/matrix'))).toBe(true);
  });

  it('says why, layer by layer, of a cell of the matrix', async () => {
    const { page } = await rig.open(`${url}#/matrix?who=checkout&where=payments`);
    await page.locator('.grid').focus();
    await page.getByRole('link', { name: 'Why' }).last().click();
    await page.getByRole('heading', { name: 'Permitted.' }).waitFor();
    const steps = await page.locator('.step').allTextContents();
    expect(steps.join(' ')).toContain('EgressPolicy/shop/checkout');
    expect(steps.at(-1)).toContain('perimeter edge');
    await expectAccessible(page, 'why');
    await page.locator('#to').fill('nowhere');
    await page.getByRole('button', { name: 'Why' }).click();
    await page.getByRole('alert').getByText('is not HOST:PORT').waitFor();
  });

  it('tells what the first sync opened', async () => {
    const { page } = await rig.open(`${url}#/timeline?point=edge`);
    const change = page.locator('.change', { hasText: 'first sync' });
    await change.locator('.opened').getByText('opened: ').first().waitFor();
    await page.locator('.records').getByText('chain intact').waitFor();
  });

  it('shows a stored name as it is', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: marked, namespace: 'shop', labels: { app: marked } },
      spec: {},
      status: { phase: 'Running', podIP: '10.20.9.9' },
    };
    writeFileSync(join(rig.path('manifests'), 'more.yaml'), JSON.stringify(pod));
    const { page, complaints } = await rig.open(`${url}#/matrix?who=onerror`);
    await page.getByText('1 of 7 workloads').waitFor();
    await page.locator('.grid-name').getByText(marked, { exact: true }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('is one of this machine, and only reads', async () => {
    const api = new URL('../api/v1/overview', url);
    expect((await fetch(api, { method: 'POST' })).status).toBe(405);
    expect((await fetch(api, { headers: { Origin: 'https://elsewhere.example' } })).status).toBe(403);
    const text = await (await fetch(api)).text();
    expect(text).not.toContain(firewall.credentials['token']);
  });

  it('says that it does not answer any more, and keeps what it had', async () => {
    const { page } = await rig.open(url);
    await page.getByText('Latest changes').waitFor();
    running.kill('SIGSTOP');
    await page.context().setOffline(true);
    await page.locator('.fresh-lost').waitFor();
    await page.locator('.point').waitFor();
    running.kill('SIGCONT');
    await page.context().setOffline(false);
    await page.locator('.fresh-live').waitFor();
  });
});

function pointOf(firewall: FortigateSimulator): string {
  const point = pointObject('fortigate', { url: firewall.url }, { clusterNetworks: ['10.20.0.0/16'] });
  return asYaml([secretObject(firewall), point]);
}
