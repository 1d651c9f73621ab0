#!/usr/bin/env bash
# @kubernetes/client-node 1.4.0: a CustomResourceDefinition that is created through it loses its CEL rules.
#
# Expected: ApiextensionsV1Api.createCustomResourceDefinition sends the object that it was given, and so does the generic
#           KubernetesObjectApi.create, which takes an object as it was read from YAML.
# Seen:     both send every schema without its `x-kubernetes-validations`, and say nothing. The model spells such fields
#           with underscores, and the serializer leaves out what the model does not name. The API server accepts the CRD,
#           which then validates nothing that was written as a CEL rule. Only the underscore spelling keeps the rules.
# So:       apply CRDs with kubectl, and test one object that must be refused.
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
import { ApiextensionsV1Api, KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node';

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
          groupVersion: 'apiextensions.k8s.io/v1',
          resources: [{ name: 'customresourcedefinitions', kind: 'CustomResourceDefinition', namespaced: false, verbs: [] }],
        }),
  );
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const config = new KubeConfig();
config.loadFromClusterAndUser(
  { name: 'local', server: `http://127.0.0.1:${server.address().port}`, skipTLSVerify: true },
  { name: 'nobody' },
);
const rule = [{ rule: 'self.replicas > 0', message: 'one at least' }];
const crd = (validations) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', ...validations } } }],
  },
});
const typed = config.makeApiClient(ApiextensionsV1Api);
await typed.createCustomResourceDefinition({ body: crd({ 'x-kubernetes-validations': rule }) });
await typed.createCustomResourceDefinition({ body: crd({ x_kubernetes_validations: rule }) });
await KubernetesObjectApi.makeApiClient(config).create(crd({ 'x-kubernetes-validations': rule }));
server.close();
const [hyphens, underscores, untyped] = bodies.map((body) => JSON.stringify(body.spec.versions[0].schema.openAPIV3Schema));
console.log(`typed client, hyphens:     ${hyphens}`);
console.log(`typed client, underscores: ${underscores}`);
console.log(`object client, hyphens:    ${untyped}`);
JS
node finding.mjs 2>/dev/null | tee seen

cat >expected <<'TEXT'
typed client, hyphens:     {"type":"object"}
typed client, underscores: {"type":"object","x-kubernetes-validations":[{"message":"one at least","rule":"self.replicas > 0"}]}
object client, hyphens:    {"type":"object"}
TEXT
diff expected seen && echo "as described: @kubernetes/client-node 1.4.0"
