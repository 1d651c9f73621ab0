import { afterAll, beforeAll, expect, it } from 'vitest';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from '../integration/kube-apiserver.ts';
import { chartFolder, describeJudged, helm, setting, type Values } from './helm.ts';

if (hasKubeApiserver())
  describeJudged('helm', 'A release of the chart on a real API server', () => {
    let server: KubeApiserver;
    const kubectl = async (...args: readonly string[]): Promise<string> => {
      const { code, output } = await server.kubectl(['-n', 'postern-system', ...args]);
      expect([code, output]).toEqual([0, output]);
      return output.trim();
    };
    const upgrade = (set: Values = {}): string =>
      helm(server.kubeconfig, ['upgrade', 'postern', chartFolder, ...setting({ cluster: 'blue', ...set })]);
    const workers = (): Promise<string> =>
      kubectl('get', 'deployment', 'postern-worker', '-o', 'jsonpath={.spec.replicas}');
    const claims = async (): Promise<readonly string[]> =>
      (await kubectl('get', 'pvc', '-o', 'name')).split('\n').sort();

    beforeAll(async () => {
      server = await startKubeApiserver();
      const args = ['install', 'postern', chartFolder, '--create-namespace', ...setting({ cluster: 'blue' })];
      expect(helm(server.kubeconfig, args)).toContain('kubectl get enforcementpoints');
    });
    afterAll(() => server.stop());

    it('leaves the number of workers to whoever scales them, unless a value says it', async () => {
      expect(await workers()).toBe('2');
      await kubectl('scale', 'deployment/postern-worker', '--replicas=3');
      upgrade({ podGate: true });
      expect(await workers()).toBe('3');
    });

    it('has a second controller stand by and not any more, in place, and keeps each record', async () => {
      const controllers = (): Promise<string> =>
        kubectl('get', 'deployment', 'postern-controller', '-o', 'jsonpath={.spec.replicas}');
      upgrade({ standby: true });
      expect(await controllers()).toBe('2');
      expect(await claims()).toEqual([
        'persistentvolumeclaim/postern-audit',
        'persistentvolumeclaim/postern-audit-shared',
      ]);
      upgrade();
      expect(await controllers()).toBe('1');
    });

    it('changes to one process and back', async () => {
      upgrade({ embedded: true });
      expect(await kubectl('get', 'deployment', '-o', 'name')).toBe('deployment.apps/postern');
      upgrade();
      expect(await workers()).toBe('2');
    });

    it('leaves the record and the policies when it is uninstalled', async () => {
      helm(server.kubeconfig, ['uninstall', 'postern']);
      expect(await kubectl('get', 'deployment', '-o', 'name')).toBe('');
      expect(await claims()).toContain('persistentvolumeclaim/postern-audit');
      expect(await kubectl('get', 'crd', 'egresspolicies.postern.dev', '-o', 'name')).not.toBe('');
    });
  });
