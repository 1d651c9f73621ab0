import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from '../kit/folders.ts';
import { stringify } from 'yaml';
import type { MatrixView, Overview } from '../../src/console/views/shapes.ts';
import { describeInBrowser, expectAccessible, type Opened } from '../console/browser.ts';
import { until } from '../kit/redis-server.ts';
import { buildPostern, Postern } from '../live/postern.ts';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from './kube-apiserver.ts';

const objects = [
  ...['shop', 'bank'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'postern-system' } },
  ...['shop', 'bank'].map((namespace) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace },
  })),
  ...['ada', 'eve', 'auditor'].map((name) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'shop' },
  })),
  role('Role', 'egress', { namespace: 'shop' }, ['egresspolicies']),
  role('ClusterRole', 'all-of-egress', {}, [
    'egresspolicies',
    'clusteregresspolicies',
    'externalservices',
    'enforcementpoints',
  ]),
  binding('RoleBinding', 'egress', 'ada', { namespace: 'shop' }),
  binding('ClusterRoleBinding', 'all-of-egress', 'auditor', {}),
  ...['shop', 'bank'].map((namespace, at) => ({
    apiVersion: 'postern.dev/v1alpha1',
    kind: 'EgressPolicy',
    metadata: { name: `of-${namespace}`, namespace },
    spec: { subject: { allPods: true }, action: 'Accept', to: [{ networks: [`203.0.113.${at}/32`], allPorts: true }] },
  })),
  ...['shop', 'bank'].map((namespace) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `teller-of-${namespace}`, namespace },
    spec: { automountServiceAccountToken: false, containers: [{ name: 'main', image: 'none' }] },
  })),
];

function role(kind: string, name: string, metadata: object, resources: readonly string[]): object {
  const rules = [{ apiGroups: ['postern.dev'], resources, verbs: ['list'] }];
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata: { name, ...metadata }, rules };
}

function binding(kind: string, name: string, account: string, metadata: object): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { name, ...metadata },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: kind.replace('Binding', ''), name },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace: 'shop' }],
  };
}

if (hasKubeApiserver())
  describe('The console in a cluster', () => {
    let server: KubeApiserver;
    let postern: Postern | undefined;
    const folder = aFolder();
    let base = '';

    const kubectl = async (args: readonly string[], stdin?: string): Promise<string> => {
      const { code, output } = await server.kubectl(args, stdin);
      expect([code, output]).toEqual([0, output]);
      return output.trim();
    };
    const token = (account: string): Promise<string> => kubectl(['-n', 'shop', 'create', 'token', account]);
    const get = (path: string, bearer?: string) =>
      fetch(`${base}/api/v1/${path}`, { headers: bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` } });

    /** Who does not lead yet is ready as well, to take over. */
    const hasRead = async (): Promise<boolean> => {
      const { checks } = (await (await fetch(`${base}/readyz`)).json()) as {
        checks: { name: string; ready: boolean }[];
      };
      return checks.some(({ name, ready }) => name === 'cluster' && ready);
    };

    beforeAll(async () => {
      server = await startKubeApiserver();
      await kubectl(['apply', '--server-side', '-f', 'crds']);
      await kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
      await kubectl(['apply', '-f', '-'], objects.map((one) => stringify(one)).join('---\n'));
      const args = [
        'run',
        '--cluster',
        'blue',
        '--kubeconfig',
        server.kubeconfig,
        '--listen',
        '0.0.0.0:0',
        '--console',
      ];
      postern = new Postern(buildPostern(folder), [...args, '--audit-dir', join(folder, 'audit')], {});
      const { url } = await postern.says(({ msg }) => msg === 'metrics and health');
      base = `http://127.0.0.1:${new URL(String(url)).port}`;
      await until('it has read the cluster', hasRead, 120_000);
    });
    afterAll(async () => {
      await postern?.kill();
      await server.stop();
    });

    it('shows nothing without a token, and nothing to whoever may list nothing', async () => {
      for (const path of ['overview', 'matrix', 'timeline', 'why?from=shop/a&to=203.0.113.4:443'])
        expect([path, (await get(path)).status]).toEqual([path, 401]);
      expect((await get('overview', 'not.a.token')).status).toBe(401);
      const refused = await get('overview', await token('eve'));
      expect([refused.status, await refused.text()]).toEqual([
        403,
        expect.stringContaining('system:serviceaccount:shop:eve'),
      ]);
    });

    it('shows a team its own namespace', async () => {
      const ada = await token('ada');
      const { viewer, points } = (await (await get('overview', ada)).json()) as Overview;
      expect([viewer.name, points, viewer.hidden.length]).toEqual(['system:serviceaccount:shop:ada', [], 5]);
      const { columns } = (await (await get('matrix', ada)).json()) as MatrixView;
      expect(columns.map(({ destination }) => destination)).toEqual(['203.0.113.0/32']);
      expect((await get('timeline', ada)).status).toBe(403);
      expect((await get('why?from=bank/a&to=203.0.113.4:443', ada)).status).toBe(403);
    });

    it('shows an auditor everything, and the record', async () => {
      const auditor = await token('auditor');
      const { viewer } = (await (await get('overview', auditor)).json()) as Overview;
      expect(viewer.hidden).toEqual([]);
      const { columns } = (await (await get('matrix', auditor)).json()) as MatrixView;
      expect(columns).toHaveLength(2);
      expect((await get('timeline', auditor)).status).toBe(200);
    });

    describeInBrowser('in a browser', (rig) => {
      afterEach(() => rig.closePages());

      const signedIn = async (account: string, view = ''): Promise<Opened> => {
        const opened = await rig.open(`${base}/console/${view}`);
        await opened.page.getByLabel('Token').fill(await token(account));
        await opened.page.getByRole('button', { name: 'Show me' }).click();
        return opened;
      };

      it('asks who somebody is, and shows nothing of the cluster before', async () => {
        const { page } = await rig.open(`${base}/console/#/matrix`);
        await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
        await expectAccessible(page, 'sign in');
        expect(await page.content()).not.toMatch(/teller|203\.0\.113/);
        await page.getByLabel('Token').fill('not.a.token');
        await page.getByRole('button', { name: 'Show me' }).click();
        await page.getByText('the API server does not know this token').waitFor();
      });

      it('shows a team its own namespace in every view, and says that this is not everything', async () => {
        const { page } = await signedIn('ada', '#/matrix');
        await page.getByText('1 of 1 workload, 1 of 1 destination').waitFor();
        await page.getByRole('rowheader', { name: /teller-of-shop/ }).waitFor();
        await page.getByRole('button', { name: /^You are ada and see things in part ?\. Sign out$/ }).waitFor();
        for (const [view, words] of [
          ['points', 'and not everything is shown'],
          ['map', 'Pod, reaches 1'],
          ['timeline', 'the timeline tells of every namespace'],
          ['gaps', 'You see no enforcement points'],
          [
            'why?from=bank/Pod/teller-of-bank&to=203.0.113.1:443',
            'you may not list egresspolicies.postern.dev in namespace bank',
          ],
        ] as const) {
          await page.goto(`${base}/console/#/${view}`);
          await page.locator('main').getByText(words).filter({ visible: true }).first().waitFor();
          await expectAccessible(page, `${view} of a team`);
          const shown = view.startsWith('why') ? '' : await page.content();
          expect([view, shown.match(/teller-of-bank|of-bank|203\.0\.113\.1/g)]).toEqual([view, null]);
        }
        await page.setViewportSize({ width: 360, height: 700 });
        expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(360);
      });

      it('lets whoever sees nothing be somebody else', async () => {
        const { page, complaints } = await signedIn('eve');
        await page.getByText('system:serviceaccount:shop:eve may list nothing of postern.dev').waitFor();
        await page.getByLabel('Token').fill(await token('auditor'));
        await page.getByRole('button', { name: 'Show me' }).click();
        await page.goto(`${base}/console/#/matrix`);
        await page.getByText('2 of 2 workloads, 2 of 2 destinations').waitFor();
        await page.getByRole('button', { name: /^You are auditor ?\. Sign out$/ }).click();
        await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
        expect(await page.content()).not.toContain('teller');
        expect(await page.evaluate('Object.keys({ ...sessionStorage, ...localStorage })')).toEqual([]);
        expect(complaints.filter((one) => !/status of 40[13]/.test(one))).toEqual([]);
      });

      it('takes everything away from whoever may not see it any more', async () => {
        const { page } = await signedIn('auditor', '#/matrix');
        await page.getByText('2 of 2 workloads').waitFor();
        // What the API server says of a token is kept for a minute: here it is another token at once.
        await page.evaluate("sessionStorage.setItem('postern-token', 'expired')");
        await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
        expect(await page.content()).not.toContain('teller');
      });
    });
  });
