import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { describeWith } from '../kit/redis-server.ts';
import { renderTemplate, valuesWith } from './helm-template.ts';
import { deployFolder, manifestsIn, nameOf, rendered, type Choice, type Manifest } from './kustomize.ts';
import { named } from './scenario.ts';

/*
 * The chart and the kustomization are one installation: whatever is chosen, the same objects. Helm itself is not run
 * here; what the chart uses of its language is little, and read by a strict reader of the suite's own.
 */

const chart = join(deployFolder, 'helm/postern');
const text = (path: string): string => readFileSync(join(chart, path), 'utf8');

function templated(set: Readonly<Record<string, unknown>>, namespace = 'postern-system'): readonly Manifest[] {
  const values = valuesWith(text('values.yaml'), { cluster: 'blue', ...set });
  const validate = new Ajv().compile(JSON.parse(text('values.schema.json').replace(/^.*\$schema.*\n/m, '')) as object);
  expect([validate(values), validate.errors]).toEqual([true, null]);
  const files = readdirSync(join(chart, 'templates'));
  return files.flatMap((file) => manifestsIn(renderTemplate(text(`templates/${file}`), values, namespace)));
}

const flags = {
  embedded: 'embedded',
  'redis.enabled': 'redis',
  podGate: 'pod-gate',
  standby: 'standby',
  'secretsDir.enabled': 'mounted-secrets',
  'inMesh.istio': 'in-mesh-istio',
  'inMesh.networkPolicy': 'in-mesh-network-policy',
  consistency: 'consistency',
  'serviceMonitor.enabled': 'service-monitor',
} as const;
type Flag = keyof typeof flags;

/** As the API server sees them: in no order, and nothing is as good as an empty list. */
function plain(manifests: readonly Manifest[]): Readonly<Record<string, unknown>> {
  const kept = manifests.filter(({ kind }) => kind !== 'Namespace' && kind !== 'CustomResourceDefinition');
  return Object.fromEntries(kept.map((manifest) => [nameOf(manifest), withoutEmpty(manifest)]));
}

function withoutEmpty(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutEmpty);
  if (typeof node !== 'object' || node === null) return node;
  const isEmpty = (item: unknown): boolean => item === null || (Array.isArray(item) && item.length === 0);
  const entries = Object.entries(node).filter(([, item]) => !isEmpty(item));
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutEmpty(item)]));
}

const all = Object.keys(flags) as Flag[];
const choices: readonly (readonly Flag[])[] = [
  [],
  ...all.map((flag): readonly Flag[] => [flag]),
  ...all.slice(1).map((flag): readonly Flag[] => ['embedded', flag]),
  ['secretsDir.enabled', 'inMesh.istio'],
  ['secretsDir.enabled', 'inMesh.networkPolicy', 'podGate'],
  all.slice(1),
  all,
];

describeWith(['kubectl'], 'The chart', () => {
  it.each(choices.map((chosen) => [chosen.join(', ') || 'nothing', chosen] as const))(
    'gives the objects of the kustomization with %s chosen',
    (_, chosen) => {
      const variant: Choice['variant'] = chosen.includes('embedded') ? 'embedded' : 'base';
      const components = chosen.filter((flag) => flag !== 'embedded').map((flag) => flags[flag]);
      const set = Object.fromEntries(chosen.map((flag) => [flag, true]));
      expect(plain(templated(set))).toEqual(plain(rendered({ variant, components, patches: [named('blue')] })));
    },
  );

  it('has the values in their places', () => {
    const sources = [{ secret: { name: 'north', items: [{ key: 'token', path: 'north/token' }] } }];
    const set = {
      'image.repository': 'registry.example/postern',
      'image.tag': '1.2.3',
      'worker.replicas': 5,
      'redis.enabled': true,
      'redis.image': 'registry.example/redis:7',
      'secretsDir.enabled': true,
      'secretsDir.sources': sources,
    };
    const found = plain(templated(set, 'elsewhere'));
    expect(found['Deployment/postern-worker']).toMatchObject({
      metadata: { namespace: 'elsewhere' },
      spec: {
        replicas: 5,
        template: {
          spec: {
            containers: [{ image: 'registry.example/postern:1.2.3' }],
            volumes: [{ name: 'credentials', projected: { sources } }],
          },
        },
      },
    });
    const redis = { spec: { template: { spec: { containers: [{ image: 'registry.example/redis:7' }] } } } };
    expect(found['StatefulSet/postern-redis']).toMatchObject(redis);
    expect(JSON.stringify(found)).not.toContain('postern-system');
  });

  it('is not installed without the name of the cluster, nor with a value that it does not know', () => {
    const values = valuesWith(text('values.yaml'), {});
    expect(() => renderTemplate(text('templates/settings.yaml'), values, 'x')).toThrow('the name of this cluster');
    const schema = JSON.parse(text('values.schema.json').replace(/^.*\$schema.*\n/m, '')) as object;
    const validate = new Ajv().compile(schema);
    expect(validate({ ...values, cluster: 'blue' })).toBe(true);
    expect([validate(values), validate({ ...values, cluster: 'blue', embeded: true })]).toEqual([false, false]);
  });
});
