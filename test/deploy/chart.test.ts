import { spawnSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { aFolderOfTest } from '../kit/folders.ts';
import { stringify } from 'yaml';
import { describeWith } from '../kit/redis-server.ts';
import { chartChoices, kustomizationFor, valuesFor } from './chart-choices.ts';
import { chartFolder, helms, setting, templated } from './helm.ts';
import { nameOf, rendered, type Manifest } from './kustomize.ts';
import { named } from './scenario.ts';

/* The chart and the kustomization are one installation: whatever is chosen, the same objects. */

/** As the API server sees them: in no order, nothing is as good as an empty list, and what only Helm reads is left out. */
function plain(manifests: readonly Manifest[]): Readonly<Record<string, unknown>> {
  const kept = manifests.filter(({ kind }) => kind !== 'Namespace' && kind !== 'CustomResourceDefinition');
  return Object.fromEntries(kept.map((manifest) => [nameOf(manifest), withoutEmpty(manifest)]));
}

function withoutEmpty(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutEmpty);
  if (typeof node !== 'object' || node === null) return node;
  const isEmpty = (item: unknown): boolean => item === null || (Array.isArray(item) && item.length === 0);
  const entries = Object.entries(node).filter(([key, item]) => !isEmpty(item) && !isForHelm(key, item));
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutEmpty(item)]));
}

function isForHelm(key: string, item: unknown): boolean {
  return key === 'annotations' && JSON.stringify(item) === '{"helm.sh/resource-policy":"keep"}';
}

const choices = chartChoices.map((chosen) => [chosen.join(', ') || 'nothing', chosen] as const);

describeWith(['kubectl', ...helms], 'The chart, by Helm 3 and 4', () => {
  it.each(choices)('gives the objects of the kustomization with %s chosen', (_, chosen) => {
    const expected = plain(rendered({ ...kustomizationFor(chosen), patches: [named('blue')] }));
    for (const helm of helms) expect(plain(templated(helm, valuesFor(chosen)))).toEqual(expected);
  });
});

for (const helm of helms)
  describeWith([helm], `The chart, by ${helm}`, () => {
    it('has the values in their places', () => {
      const sources = [{ secret: { name: 'north', items: [{ key: 'token', path: 'north/token' }] } }];
      const set = {
        cluster: 'blue',
        'image.repository': 'registry.example/postern',
        'image.tag': '1.2.3',
        imagePullSecrets: [{ name: 'registry' }],
        'worker.replicas': 5,
        'redis.enabled': true,
        'redis.image': 'registry.example/redis:7',
        'secretsDir.enabled': true,
        'secretsDir.sources': sources,
        podGate: true,
      };
      const found = plain(templated(helm, set, { namespace: 'elsewhere' }));
      expect(found['Deployment/postern-worker']).toMatchObject({
        metadata: { namespace: 'elsewhere' },
        spec: {
          replicas: 5,
          template: {
            spec: {
              imagePullSecrets: [{ name: 'registry' }],
              containers: [{ image: 'registry.example/postern:1.2.3' }],
              volumes: [{ name: 'credentials', projected: { sources } }],
            },
          },
        },
      });
      const redis = { spec: { template: { spec: { containers: [{ image: 'registry.example/redis:7' }] } } } };
      expect(found['StatefulSet/postern-redis']).toMatchObject(redis);
      expect(JSON.stringify(found)).toContain('system:serviceaccount:elsewhere:postern-controller');
      expect(JSON.stringify(found)).not.toContain('postern-system');
    });

    it('has no fault that Helm itself finds', () => {
      const args = ['lint', '--strict', chartFolder, ...setting({ cluster: 'blue' })];
      const { status, stdout } = spawnSync(helm, args, { encoding: 'utf8' });
      expect([status, stdout]).toEqual([0, expect.stringContaining('0 chart(s) failed')]);
    });

    it('takes an image by its digest, and no workers at all', () => {
      const digest = `sha256:${'0a'.repeat(32)}`;
      const found = plain(templated(helm, { cluster: 'blue', 'image.digest': digest, 'worker.replicas': 0 }));
      const spec = { replicas: 0, template: { spec: { containers: [{ image: `postern@${digest}` }] } } };
      expect(found['Deployment/postern-worker']).toMatchObject({ spec });
    });

    it('is taken by a chart above it, with what that hands down', () => {
      const folder = aFolderOfTest();
      const dependencies = [{ name: 'postern', version: '*', condition: 'postern.enabled' }];
      writeFileSync(
        join(folder, 'Chart.yaml'),
        stringify({ apiVersion: 'v2', name: 'above', version: '1.0.0', dependencies }),
      );
      cpSync(chartFolder, join(folder, 'charts/postern'), { recursive: true });
      const set = { 'global.registry': 'x', 'postern.enabled': true, 'postern.cluster': 'blue' };
      const names = templated(helm, set, { chart: folder }).map(nameOf);
      expect(names).toContain('Deployment/postern-controller');
      expect(templated(helm, { ...set, 'postern.enabled': false }, { chart: folder })).toEqual([]);
    });

    it.each([
      ['no name of the cluster', {}, /the name of this cluster|cluster/],
      ['a value that it does not know', { embeded: true }, /embeded/],
      ['a negative number of workers', { 'worker.replicas': -1 }, /replicas/],
      ['an empty image', { 'image.repository': '' }, /repository/],
      ['an empty tag', { 'image.tag': '' }, /tag/],
      ['an image of Redis that is empty', { 'redis.image': '' }, /image/],
      ['half a digest', { 'image.digest': 'sha256:12' }, /digest/],
      ['a Secret to pull with that has no name', { imagePullSecrets: [{}] }, /imagePullSecrets/],
    ] as const)('is not installed with %s', (what, set, words) => {
      const named = what.startsWith('no name') ? {} : { cluster: 'blue' };
      expect(() => templated(helm, { ...named, ...set })).toThrow(words);
    });
  });
