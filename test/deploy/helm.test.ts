import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from '../integration/kube-apiserver.ts';
import { describeWith } from '../kit/redis-server.ts';
import { chartFolder, helms, runHelm, setting, type Helm, type Values } from './helm.ts';

if (hasKubeApiserver())
  describeWith(helms, 'A release of the chart on a real API server', () => {
    let server: KubeApiserver;
    const kubectl = async (...args: readonly string[]): Promise<string> => {
      const { code, output } = await server.kubectl(['-n', 'postern-system', ...args]);
      expect([code, output]).toEqual([0, output]);
      return output.trim();
    };
    const install = (helm: Helm): string =>
      runHelm(helm, server.kubeconfig, [
        ...['install', 'postern', chartFolder, '--create-namespace'],
        ...setting({ cluster: 'blue' }),
      ]);
    const upgrade = (helm: Helm, set: Values = {}, ...more: readonly string[]): string =>
      runHelm(helm, server.kubeconfig, [
        ...['upgrade', 'postern', chartFolder],
        ...setting({ cluster: 'blue', ...set }),
        ...more,
      ]);
    const uninstall = (helm: Helm): string => runHelm(helm, server.kubeconfig, ['uninstall', 'postern']);
    const replicas = (name: string): Promise<string> =>
      kubectl('get', 'deployment', name, '-o', 'jsonpath={.spec.replicas}');
    const claims = async (): Promise<readonly string[]> =>
      (await kubectl('get', 'pvc', '-o', 'name')).split('\n').sort();

    beforeAll(async () => {
      server = await startKubeApiserver();
    });
    afterAll(() => server.stop());

    // The second installs where the first has been, and finds the records that it left.
    describe.each(helms)('by %s', (helm) => {
      it('says what to look at', () => {
        expect(install(helm)).toContain('kubectl get enforcementpoints');
      });

      it('leaves the number of workers to whoever scales them', async () => {
        expect(await replicas('postern-worker')).toBe('2');
        await kubectl('scale', 'deployment/postern-worker', '--replicas=3');
        upgrade(helm, { podGate: true });
        expect(await replicas('postern-worker')).toBe('3');
        await kubectl('scale', 'deployment/postern-worker', '--replicas=4');
        upgrade(helm);
        expect(await replicas('postern-worker')).toBe('4');
      });

      it('has as many workers as a value says, for Helm 4 once it may overrule who scaled them', async () => {
        await kubectl('scale', 'deployment/postern-worker', '--replicas=6');
        const set = { 'worker.replicas': 5 };
        if (helm === 'helm4') {
          expect(() => upgrade(helm, set)).toThrow(/conflict with "kubectl".*replicas/);
          upgrade(helm, set, '--force-conflicts');
        } else upgrade(helm, set);
        expect(await replicas('postern-worker')).toBe('5');
      });

      it('has a second controller stand by and not any more, in place, and keeps each record', async () => {
        upgrade(helm, { standby: true });
        expect(await replicas('postern-controller')).toBe('2');
        expect(await claims()).toEqual([
          'persistentvolumeclaim/postern-audit',
          'persistentvolumeclaim/postern-audit-shared',
        ]);
        upgrade(helm);
        expect(await replicas('postern-controller')).toBe('1');
      });

      it('changes to one process and back', async () => {
        upgrade(helm, { embedded: true });
        expect(await kubectl('get', 'deployment', '-o', 'name')).toBe('deployment.apps/postern');
        upgrade(helm);
        expect(await replicas('postern-worker')).toBe('2');
      });

      it('leaves the record and the policies when it is uninstalled', async () => {
        uninstall(helm);
        expect(await kubectl('get', 'deployment', '-o', 'name')).toBe('');
        expect(await claims()).toContain('persistentvolumeclaim/postern-audit');
        expect(await kubectl('get', 'crd', 'egresspolicies.postern.dev', '-o', 'name')).not.toBe('');
      });
    });

    it('goes from Helm 3 to Helm 4, with workers that somebody has scaled', async () => {
      install('helm');
      await kubectl('scale', 'deployment/postern-worker', '--replicas=5');
      upgrade('helm4', { podGate: true });
      expect(await replicas('postern-worker')).toBe('5');
      uninstall('helm4');
    });
  });
