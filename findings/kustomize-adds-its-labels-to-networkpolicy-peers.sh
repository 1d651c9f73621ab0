#!/usr/bin/env bash
# kustomize 5.8.1 (api 0.21.1): `includeSelectors` adds its labels to the peers of a NetworkPolicy, too, even in other namespaces.
#
# Expected: `includeSelectors: true` (once `commonLabels`) adds the label of an application to the selectors of its own pods: those of
#           Deployments and Services, which its reference names, and `podSelector` of a NetworkPolicy.
# Seen:     every `matchLabels` in `from` and `to` gets it as well, also beside a `namespaceSelector`. The DNS server and the ingress
#           controller do not have the label of the application: the policy that permits them cuts the pods off from both, and nothing
#           fails before it is enforced. `matchExpressions` and `{}` are left alone. Leaving fields out was asked for in 2018
#           (https://github.com/kubernetes-sigs/kustomize/issues/157).
# So:       write peers that are not built beside the policy as `matchExpressions`, or use `includeTemplates` and leave selectors alone.
#
# Fails when the output is no longer what is described here. Needs Go 1.26.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >main.go <<'GO'
package main

import (
	"fmt"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func main() {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), "policy")
	if err != nil {
		panic(err)
	}
	text, err := built.AsYaml()
	if err != nil {
		panic(err)
	}
	fmt.Print(string(text))
}
GO
mkdir policy
cat >policy/kustomization.yaml <<'YAML'
resources: [policy.yaml]
labels:
  - pairs: { team: shop }
    includeSelectors: true
YAML
cat >policy/policy.yaml <<'YAML'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec:
  podSelector: { matchLabels: { app: web } }
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: gateways } }
          podSelector: { matchExpressions: [{ key: app, operator: In, values: [nginx] }] }
  egress:
    - to:
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } }
          podSelector: { matchLabels: { k8s-app: kube-dns } }
YAML
{
  go mod init finding
  go get sigs.k8s.io/kustomize/api@v0.21.1 sigs.k8s.io/kustomize/kyaml@v0.21.1
  go mod tidy
} >mod.log 2>&1 || { tail -5 mod.log; exit 1; }
go run . | sed -n '/^spec:/,$p' | tee seen

cat >expected <<'TEXT'
spec:
  egress:
  - to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
      podSelector:
        matchLabels:
          k8s-app: kube-dns
          team: shop
  ingress:
  - from:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: gateways
      podSelector:
        matchExpressions:
        - key: app
          operator: In
          values:
          - nginx
  podSelector:
    matchLabels:
      app: web
      team: shop
  policyTypes:
  - Ingress
  - Egress
TEXT
diff expected seen && echo "as described: kustomize's api 0.21.1"
