import { spawnSync } from 'node:child_process';
import { beforeAll, expect, it } from 'vitest';
import { aFolder } from '../kit/folders.ts';
import { hasKubeApiserver, startKubeApiserver } from '../integration/kube-apiserver.ts';
import { describeWith } from '../kit/redis-server.ts';
import { chartChoices, valuesFor } from './chart-choices.ts';
import { templatedText } from './helm.ts';
import { rendered, renderedFrom, type Manifest } from './kustomize.ts';
import { schemaLocation, writeSchemas } from './served-schemas.ts';

/* Every form in which Postern is installed, field by field. Kinds of other projects are left to their own schemas. */

const ofOthers = [
  'ServiceMonitor',
  'PrometheusRule',
  'ScaledJob',
  'TriggerAuthentication',
  'PingSource',
  'serving.knative.dev/v1/Service',
];

const apiVersions = [
  'v1',
  'admissionregistration.k8s.io/v1',
  'apiextensions.k8s.io/v1',
  'apps/v1',
  'batch/v1',
  'networking.k8s.io/v1',
  'policy/v1',
  'rbac.authorization.k8s.io/v1',
  'scheduling.k8s.io/v1',
];

const workers = ['base', 'embedded', 'cron', 'keda', 'knative'] as const;
const kustomized: readonly (readonly [name: string, render: () => readonly Manifest[]])[] = [
  ...workers.flatMap((variant) => [
    [variant, () => rendered({ variant })] as const,
    [`${variant}, mounted-secrets`, () => rendered({ variant, components: ['mounted-secrets'] })] as const,
  ]),
  ['feed', () => rendered({ variant: 'base', components: ['feed'] })],
  ['admission', () => renderedFrom("resources: ['@deploy/admission', '@deploy/admission/approval']")],
  ['monitoring', () => renderedFrom("resources: ['@deploy/base']\ncomponents: ['@deploy/monitoring']")],
];

if (hasKubeApiserver())
  describeWith(['kubectl', 'helm4', 'kubeconform'], 'By kubeconform', () => {
    const folder = aFolder();
    const judged = (text: string): readonly [code: number | null, said: string] => {
      const schemas = ['-schema-location', schemaLocation(folder), '-skip', ofOthers.join()];
      const { status, stdout, stderr } = spawnSync('kubeconform', ['-strict', ...schemas], {
        input: text,
        encoding: 'utf8',
      });
      return [status, stdout + stderr];
    };
    const textOf = (manifests: readonly Manifest[]): string =>
      manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n');

    beforeAll(async () => {
      const server = await startKubeApiserver();
      try {
        await writeSchemas(server, apiVersions, folder);
      } finally {
        await server.stop();
      }
    });

    it.each(chartChoices.map((chosen) => [chosen.join(', ') || 'nothing', chosen] as const))(
      'the chart is valid with %s chosen',
      (_, chosen) => expect(judged(templatedText('helm4', valuesFor(chosen)))).toEqual([0, '']),
    );

    it.each(kustomized)('the kustomization is valid: %s', (_, render) =>
      expect(judged(textOf(render()))).toEqual([0, '']),
    );

    it.each([
      ['a field that there is not', 'data: {}\nbinaryDaten: {}', /binaryDaten/],
      ['a field twice', 'data: {}\ndata: {}', /data/],
      ['a wrong type', 'data: [a]', /array/],
    ])('%s would be found', (_, fields, words) => {
      expect(judged(`apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n${fields}\n`)).toEqual([
        1,
        expect.stringMatching(words),
      ]);
    });

    it('a field that there is not would be found deep in a pod, and so would a kind without a schema', () => {
      const pod = `{ apiVersion: v1, kind: Pod, metadata: { name: a }, spec: { containers: [{ name: a, imag: b }] } }`;
      expect(judged(pod)).toEqual([1, expect.stringContaining('imag')]);
      expect(judged('{ apiVersion: a.example/v1, kind: A, metadata: { name: a } }')).toEqual([
        1,
        expect.stringContaining('could not find schema'),
      ]);
    });
  });
