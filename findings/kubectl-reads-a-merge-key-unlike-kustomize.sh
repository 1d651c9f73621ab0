#!/usr/bin/env bash
# kubectl 1.37.2: `kubectl apply -f` and `kubectl apply -k` make different policies of the same file, if it has a YAML merge key.
#
# Expected: keys that a mapping has itself win, and `<<: *base` adds what is missing, wherever it is written. YAML's own description of
#           merge keys says so (https://yaml.org/type/merge.html).
# Seen:     kustomize, which is built into kubectl, does that. `create` and `apply -f` read with another parser (sigs.k8s.io/yaml 1.6.0),
#           to which a merge overrides what stands before it. The NetworkPolicy below permits the port of a database to a /16 by one way,
#           and to a /8 by the other. Neither way warns, nor does the API server, which is sent JSON (also seen against kube-apiserver
#           1.37.2, with `--validate=strict`).
# So:       write `<<` first in a mapping, where both readers agree, or not at all; review what is sent, not the file.
#
# Fails when the output is no longer what is described here. Needs Go 1.26; the first build takes three minutes of CPU.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >main.go <<'GO'
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
)

func main() { os.Exit(cli.Run(cmd.NewDefaultKubectlCommand())) }
GO
{
  go mod init kubectl
  go get k8s.io/kubectl@v0.37.2 k8s.io/component-base@v0.37.2 sigs.k8s.io/yaml@v1.6.0
  go mod tidy
  go build -o kubectl .
} >build.log 2>&1 || { tail -5 build.log; exit 1; }

cat >policy.yaml <<'YAML'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: inside }
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - ports: [{ port: 443 }]
      to: [{ ipBlock: &inside { cidr: 10.0.0.0/8, except: [10.1.9.0/24] } }]
    - ports: [{ port: 5432 }]
      to: [{ ipBlock: { cidr: 10.1.0.0/16, <<: *inside } }]
    - ports: [{ port: 6379 }]
      to: [{ ipBlock: { <<: *inside, cidr: 10.1.0.0/16 } }]
YAML
echo 'resources: [policy.yaml]' >kustomization.yaml

# The port and the block of each rule.
rules() {
  awk '/ port:/ { port[++ports] = $NF } / cidr:/ { block[++blocks] = $NF }
    END { for (i = 1; i <= blocks; i++) print "  " port[i], block[i] }'
}
export HOME=$dir KUBECONFIG=/dev/null
{
  echo 'kubectl, of the file itself (-f):'
  ./kubectl label --local -f policy.yaml seen=yes -o yaml | rules
  echo 'kubectl, by kustomize (-k):'
  ./kubectl kustomize . | rules
} | tee seen

cat >expected <<'TEXT'
kubectl, of the file itself (-f):
  443 10.0.0.0/8
  5432 10.0.0.0/8
  6379 10.1.0.0/16
kubectl, by kustomize (-k):
  443 10.0.0.0/8
  5432 10.1.0.0/16
  6379 10.1.0.0/16
TEXT
diff expected seen && echo "as described: kubectl 1.37.2"
