#!/usr/bin/env bash
# @kubernetes/client-node 1.4.0: a NetworkPolicy from plain YAML or JSON is created without `from`, and then permits every source.
#
# Expected: createNamespacedNetworkPolicy, createCustomResourceDefinition and the generic KubernetesObjectApi.create send the object that
#           they are given.
# Seen:     all of them leave out `from` and `x-kubernetes-validations`, and report no error. The models call such fields `_from` and
#           `x_kubernetes_validations`, and the serializer sends only what a model names. The API server accepts what arrives: a rule
#           without `from` permits every source; a CRD without its CEL rules does not enforce them. The package's own loadYaml renames the
#           fields; objects of another parser, or written as literals, keep their names and lose the fields.
# So:       read manifests with the package's loadYaml or loadAllYaml, or apply them with kubectl; test that what must be refused is
#           refused.
#
# Fails when the output is no longer what is described here.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @kubernetes/client-node@1.4.0

cat >finding.mjs <<'JS'
import { createServer } from 'node:http';
import {
  ApiextensionsV1Api,
  KubeConfig,
  KubernetesObjectApi,
  NetworkingV1Api,
  loadYaml,
} from '@kubernetes/client-node';

// Stands in for an API server: it remembers the body of each create.
const bodies = [];
const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  if (request.method === 'POST') bodies.push(JSON.parse(text));
  response.setHeader('content-type', 'application/json');
  response.end(
    request.method === 'POST'
      ? text
      : JSON.stringify({
          kind: 'APIResourceList',
          resources: [
            { name: 'networkpolicies', kind: 'NetworkPolicy', namespaced: true, verbs: [] },
            { name: 'customresourcedefinitions', kind: 'CustomResourceDefinition', namespaced: false, verbs: [] },
          ],
        }),
  );
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const config = new KubeConfig();
config.loadFromClusterAndUser(
  { name: 'local', server: `http://127.0.0.1:${server.address().port}`, skipTLSVerify: true },
  { name: 'nobody' },
);
const policy = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'db', namespace: 'shop' },
  spec: { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }] },
};
const validated = { type: 'object', 'x-kubernetes-validations': [{ rule: 'self.replicas > 0', message: 'one at least' }] };
const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: validated } }],
  },
};
const generic = KubernetesObjectApi.makeApiClient(config);
await config.makeApiClient(NetworkingV1Api).createNamespacedNetworkPolicy({ namespace: 'shop', body: policy });
await generic.create(policy);
await generic.create(loadYaml(JSON.stringify(policy)));
await config.makeApiClient(ApiextensionsV1Api).createCustomResourceDefinition({ body: crd });
await generic.create(crd);
await generic.create(loadYaml(JSON.stringify(crd)));
server.close();
const told = ['typed client:  ', 'generic client:', 'with loadYaml: '];
bodies.forEach(({ spec }, index) =>
  console.log(told[index % 3], JSON.stringify(spec.ingress ?? spec.versions[0].schema.openAPIV3Schema)),
);
JS
node finding.mjs 2>/dev/null | tee seen

cat >expected <<'TEXT'
typed client:   [{}]
generic client: [{}]
with loadYaml:  [{"from":[{"podSelector":{"matchLabels":{"app":"web"}}}]}]
typed client:   {"type":"object"}
generic client: {"type":"object"}
with loadYaml:  {"type":"object","x-kubernetes-validations":[{"message":"one at least","rule":"self.replicas > 0"}]}
TEXT
diff expected seen && echo "as described: @kubernetes/client-node 1.4.0"
