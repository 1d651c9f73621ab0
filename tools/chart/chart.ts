import { parse, stringify } from 'yaml';
import { choice, isChoice, isList, isMap, template, type Node, type NodeMap } from './node.ts';
import { withKustomization, type Part } from './parts.ts';
import { templateOf } from './render.ts';

const folder = 'deploy/helm/postern';
const heading = '# Generated from deploy/ by npm run generate.\n';

/** The values of the chart by which a kustomization counts, in the order in which they are applied. */
const choices: readonly (readonly [flag: string, folder: string])[] = [
  ['embedded', 'deploy/embedded'],
  ['redis.enabled', 'deploy/components/redis'],
  ['podGate', 'deploy/components/pod-gate'],
  ['console', 'deploy/components/console'],
  ['standby', 'deploy/components/standby'],
  ['secretsDir.enabled', 'deploy/components/mounted-secrets'],
  ['inMesh.istio', 'deploy/components/in-mesh-istio'],
  ['inMesh.gatewayApi', 'deploy/components/in-mesh-gateway-api'],
  ['inMesh.istioDistribution', 'deploy/components/istio-distribution'],
  ['inMesh.networkPolicy', 'deploy/components/in-mesh-network-policy'],
  ['consistency', 'deploy/components/consistency'],
  ['serviceMonitor.enabled', 'deploy/components/service-monitor'],
];

/**
 * The Helm chart, as paths and texts: what kustomize makes of deploy/, with its variants and components as values.
 *
 * @param read the text of a file, by its path from the top of the repository
 * @param crds names and texts of the CustomResourceDefinitions
 */
export function chartPages(
  read: (path: string) => string,
  crds: readonly (readonly [name: string, text: string])[],
  version: string,
): readonly (readonly [path: string, text: string])[] {
  const base = withKustomization([], 'deploy/base', { read });
  const all = choices.reduce((parts, [flag, path]) => withKustomization(parts, path, { read, flag }), base);
  const parts = all.filter(({ manifest }) => manifest['kind'] !== 'Namespace').map(withValues);
  const files = [...new Set(parts.map(({ file }) => file))];
  return [
    [`${folder}/Chart.yaml`, heading + stringify(about(version))],
    [`${folder}/values.schema.json`, `${JSON.stringify(schemaOf(parse(read(`${folder}/values.yaml`))), null, 2)}\n`],
    ...crds.map(([name, text]): [string, string] => [`${folder}/crds/${name}`, text]),
    ...files.map((file): [string, string] => [
      `${folder}/templates/${file}`,
      heading +
        parts
          .filter((part) => part.file === file)
          .map(templateOf)
          .join(''),
    ]),
  ];
}

function about(version: string): object {
  return {
    apiVersion: 'v2',
    name: 'postern',
    description: 'Keeps external firewalls in step with who may leave the cluster.',
    type: 'application',
    version,
    appVersion: version,
    kubeVersion: '>=1.31.0-0',
  };
}

/** What a person sets, in the places where deploy/ has an example. */
function withValues(part: Part): Part {
  const { kind, metadata, data, spec } = part.manifest;
  const name = isMap(metadata) ? metadata['name'] : undefined;
  let manifest = part.manifest;
  if (kind === 'ConfigMap' && isMap(data))
    manifest = { ...manifest, data: { POSTERN_CLUSTER: value.cluster, ...data } };
  if (name === 'postern-worker' && isMap(spec) && spec['replicas'] !== undefined)
    manifest = { ...manifest, spec: { ...spec, replicas: workers(Number(spec['replicas'])) } };
  // The record of what was written to devices outlives the installation.
  if (kind === 'PersistentVolumeClaim' && isMap(metadata))
    manifest = { ...manifest, metadata: { ...metadata, annotations: { 'helm.sh/resource-policy': 'keep' } } };
  return { ...part, manifest: replaced(manifest) as NodeMap };
}

const value = {
  cluster: template('{{ required "cluster: the name of this cluster" .Values.cluster | quote }}'),
  image: template(
    '"{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag }}{{ end }}"',
  ),
  pullSecrets: template('{{ .Values.imagePullSecrets | toJson }}'),
  redisImage: template('{{ .Values.redis.image | quote }}'),
  sources: template('{{ .Values.secretsDir.sources | toJson }}'),
  namespace: template('{{ .Release.Namespace }}'),
};

/** The configured number; if absent, the current number, so that an upgrade does not undo manual scaling. */
function workers(first: number): Node {
  const found = '(lookup "apps/v1" "Deployment" .Release.Namespace "postern-worker")';
  const kept = `{{ dig "spec" "replicas" ${first} ${found} }}`;
  return template(
    `{{ if kindIs "invalid" .Values.worker.replicas }}${kept}{{ else }}{{ .Values.worker.replicas }}{{ end }}`,
  );
}

/** In expressions, too. */
const accountPrefix = 'system:serviceaccount:postern-system:';

function replaced(node: Node, key = ''): Node {
  if (node === 'postern-system') return value.namespace;
  if (typeof node === 'string' && node.includes(accountPrefix))
    return template(JSON.stringify(node.replaceAll(accountPrefix, 'system:serviceaccount:{{ .Release.Namespace }}:')));
  if (key === 'image' && typeof node === 'string') return node.startsWith('redis:') ? value.redisImage : value.image;
  if (key === 'sources') return value.sources;
  if (isList(node)) return node.map((item) => replaced(item));
  if (isMap(node)) {
    const entries = Object.entries(node).map(([name, item]): [string, Node] => [name, replaced(item, name)]);
    return Object.fromEntries('containers' in node ? [['imagePullSecrets', value.pullSecrets], ...entries] : entries);
  }
  if (!isChoice(node)) return node;
  const within = (one: Node | undefined): Node | undefined => (one === undefined ? undefined : replaced(one, key));
  return choice(node.flag, within(node.then), within(node.otherwise));
}

/** Values are of the types that they have in values.yaml, and none has a name of its own. */
function schemaOf(values: unknown): object {
  const { properties, ...rest } = typeOf(values, '') as { readonly properties: object };
  // What a chart above this one hands down, and the condition under which it takes this one.
  const fromAbove = { global: { type: 'object' }, enabled: { type: 'boolean' } };
  return { $schema: 'https://json-schema.org/draft-07/schema', ...rest, properties: { ...properties, ...fromAbove } };
}

/** What a value has to be besides its type. */
const limits: Readonly<Record<string, object>> = {
  cluster: { type: 'string', pattern: '^[a-z0-9-]{1,20}$' },
  'image.repository': { type: 'string', minLength: 1 },
  'image.tag': { type: 'string', minLength: 1 },
  'image.digest': { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
  imagePullSecrets: {
    type: 'array',
    items: {
      type: 'object',
      properties: { name: { type: 'string', minLength: 1 } },
      required: ['name'],
      additionalProperties: false,
    },
  },
  'worker.replicas': { type: ['integer', 'null'], minimum: 0 },
  'redis.image': { type: 'string', minLength: 1 },
  'secretsDir.sources': { type: 'array', items: { type: 'object' } },
};

function typeOf(item: unknown, path: string): object {
  const limit = limits[path];
  if (limit !== undefined) return limit;
  if (typeof item !== 'object' || item === null) return { type: typeof item };
  const entries = Object.entries(item).map(([key, one]) => [key, typeOf(one, path === '' ? key : `${path}.${key}`)]);
  return { type: 'object', properties: Object.fromEntries(entries) as object, additionalProperties: false };
}
