#!/usr/bin/env bash
# kubectl 1.37.2: where a template left a label of a selector without a value, `kubectl apply` makes the selector one of every pod.
#
# Expected: `matchLabels: { app: }` means the same however it is sent. With create, replace and server-side apply the label is stored with
#           an empty value, which matches no pod that has a value there.
# Seen:     `kubectl apply` removes whatever is null before it creates an object, map keys as well as fields. What arrives is
#           `podSelector: {}`: every pod of the namespace is permitted. kubectl says "created", with validation on, too (also seen against
#           kube-apiserver 1.37.2). That apply leaves out nulls is intended (https://github.com/kubernetes/kubernetes/pull/125646), that
#           create does not is an open issue (https://github.com/kubernetes/kubernetes/issues/135423).
# So:       quote values in templates (`app: "{{ .app }}"`), so that what is missing becomes an empty text, or use server-side apply. Look
#           for nulls in what was rendered: of what is stored, only the annotation of the last apply shows them.
#
# Fails when the output is no longer what is described here. Needs Go 1.26; the first build takes three minutes of CPU.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir kubectl
cat >kubectl/main.go <<'GO'
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
)

func main() { os.Exit(cli.Run(cmd.NewDefaultKubectlCommand())) }
GO
cat >main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"

	networking "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

const policy = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: db, namespace: shop }
spec:
  podSelector: { matchLabels: { app: db } }
  policyTypes: [Ingress]
  ingress:
    - from:
        - podSelector: { matchLabels: { app: } }
`

const discovery = `{"kind": "APIResourceList", "groupVersion": "networking.k8s.io/v1", "resources": [{"name": "networkpolicies",
"kind": "NetworkPolicy", "namespaced": true, "verbs": ["create", "get", "patch"]}]}`

// Stands in for an API server: it reads what it is sent into the types of Kubernetes, as that does.
func serve(answer http.ResponseWriter, request *http.Request) {
	answer.Header().Set("Content-Type", "application/json")
	switch path := request.URL.Path; {
	case path == "/api":
		io.WriteString(answer, `{"kind": "APIVersions", "versions": ["v1"]}`)
	case path == "/api/v1":
		io.WriteString(answer, `{"kind": "APIResourceList", "groupVersion": "v1", "resources": []}`)
	case path == "/apis":
		io.WriteString(answer, `{"kind": "APIGroupList", "groups": [{"name": "networking.k8s.io",
"versions": [{"groupVersion": "networking.k8s.io/v1", "version": "v1"}]}]}`)
	case path == "/apis/networking.k8s.io/v1":
		io.WriteString(answer, discovery)
	case request.Method == http.MethodGet:
		answer.WriteHeader(http.StatusNotFound)
		io.WriteString(answer, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}`)
	default:
		body, _ := io.ReadAll(request.Body)
		var sent networking.NetworkPolicy
		if err := yaml.Unmarshal(body, &sent); err != nil {
			panic(err)
		}
		peer, _ := json.Marshal(sent.Spec.Ingress[0].From[0])
		fmt.Println(string(peer))
		answer.WriteHeader(http.StatusCreated)
		json.NewEncoder(answer).Encode(sent)
	}
}

func main() {
	server := httptest.NewServer(http.HandlerFunc(serve))
	defer server.Close()
	for _, how := range []string{"create", "apply --server-side", "apply"} {
		fmt.Printf("%-20s", how)
		arguments := append(strings.Fields(how), "--server", server.URL, "--validate=false", "-f", "-")
		kubectl := exec.Command(os.Args[1], arguments...)
		kubectl.Env = append(os.Environ(), "KUBECONFIG=/dev/null")
		kubectl.Stdin = strings.NewReader(policy)
		if said, err := kubectl.CombinedOutput(); err != nil {
			fmt.Println(err, string(said))
		}
	}
}
GO
{
  go mod init finding
  go get k8s.io/kubectl@v0.37.2 k8s.io/component-base@v0.37.2 k8s.io/api@v0.37.2 sigs.k8s.io/yaml@v1.6.0
  go mod tidy
  go build -o bin/ . ./kubectl
} >build.log 2>&1 || { tail -5 build.log; exit 1; }
HOME=$dir bin/finding bin/kubectl | tee seen

cat >expected <<'TEXT'
create              {"podSelector":{"matchLabels":{"app":""}}}
apply --server-side {"podSelector":{"matchLabels":{"app":""}}}
apply               {"podSelector":{}}
TEXT
diff expected seen && echo "as described: kubectl 1.37.2"
