import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';
import { runPostern } from '../../src/cli/testing/run-postern.ts';
import { evaluateMesh, type MeshEvaluator } from '../../src/verify/mesh/evaluate.ts';
import { readMesh } from '../../src/verify/mesh/objects/snapshot.ts';
import { istioDefaults } from '../../src/verify/mesh/objects/config.ts';
import { gatewaysOf, istioConfigSchema } from '../../adapters/istio/config.ts';
import { mapIn } from '../../adapters/istio/objects/fields.ts';

export interface Rendered {
  readonly text: string;
  /** What a person is told beside it. */
  readonly told: string;
}

const folder = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

/** What `postern render --format yaml` prints of an example. */
export async function renderedExample(name: string): Promise<Rendered> {
  const argv = ['render', '-f', folder(name), '--point', 'mesh', '--format', 'yaml'];
  const { out, err } = await runPostern(argv, { width: 160 });
  return { text: out, told: err };
}

/** What istiod and Envoy would make of an example in a mesh that has the gateways it names, and is otherwise as installed. */
export async function judgedExample(name: string): Promise<MeshEvaluator['judge']> {
  const { text } = await renderedExample(name);
  const objects = parseAllDocuments(text).map((document) => document.toJS() as unknown);
  const point: unknown = parse(readFileSync(`${folder(name)}/point.yaml`, 'utf8'));
  const config = istioConfigSchema.parse(mapIn(point, 'spec')['config']);
  const gateways = gatewaysOf(config).flatMap(({ namespace, service, selector }) => [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: service, namespace },
      spec: { selector, ports: [80, 443].map((port) => ({ name: `p-${port}`, port, targetPort: port })) },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: service, namespace },
      spec: {
        selector: { matchLabels: selector },
        template: { metadata: { labels: selector }, spec: { containers: [] } },
      },
    },
  ]);
  return evaluateMesh(readMesh([...objects, ...gateways], istioDefaults)).judge;
}
