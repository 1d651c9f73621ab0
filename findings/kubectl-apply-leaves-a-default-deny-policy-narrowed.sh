#!/usr/bin/env bash
# kubectl 1.37.2: a default-deny NetworkPolicy that somebody has narrowed to a few pods stays narrowed after `kubectl apply`.
#
# Expected: `podSelector: {}` in a manifest means every pod of the namespace. Where a label was added to the selector in the cluster,
#           `kubectl apply` of the manifest takes it out, as it takes out a rule that was added to a list.
# Seen:     `{}` names no field, so there is none that apply compares or takes back; what is below it in the cluster stays. kubectl says
#           `configured` all the same, since it sends its annotation; all other pods of the namespace are free. `create`, `replace`
#           and `apply --server-side` are not like this: to the API server a selector is one value, since
#           https://github.com/kubernetes/kubernetes/issues/92913. (All of it also seen against kube-apiserver 1.37.2.)
# So:       use `kubectl apply --server-side --force-conflicts`, or `replace`. For a policy that has to cover a namespace read the
#           selector back.
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
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

const policy = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: default-deny, namespace: shop }
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress: []
`

var answers = map[string]string{
	"/api":    `{"kind": "APIVersions", "versions": ["v1"]}`,
	"/api/v1": `{"kind": "APIResourceList", "groupVersion": "v1", "resources": []}`,
	"/apis": `{"kind": "APIGroupList", "groups": [{"name": "networking.k8s.io",
"versions": [{"groupVersion": "networking.k8s.io/v1", "version": "v1"}]}]}`,
	"/apis/networking.k8s.io/v1": `{"kind": "APIResourceList", "groupVersion": "networking.k8s.io/v1", "resources": [
{"name": "networkpolicies", "kind": "NetworkPolicy", "namespaced": true, "verbs": ["create", "get", "patch", "update"]}]}`,
}

// The policy in the cluster.
var stored networking.NetworkPolicy

// Stands in for an API server: it has one policy, and patches it as that does.
func serve(answer http.ResponseWriter, request *http.Request) {
	answer.Header().Set("Content-Type", "application/json")
	if known, ok := answers[request.URL.Path]; ok {
		io.WriteString(answer, known)
		return
	}
	if request.Method == http.MethodGet && stored.Name == "" {
		answer.WriteHeader(http.StatusNotFound)
		io.WriteString(answer, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}`)
		return
	}
	if request.Method != http.MethodGet {
		body, _ := io.ReadAll(request.Body)
		if request.Method == http.MethodPatch {
			before, err := json.Marshal(stored)
			must(err)
			body, err = strategicpatch.StrategicMergePatch(before, body, stored)
			must(err)
		}
		stored = networking.NetworkPolicy{}
		must(json.Unmarshal(body, &stored))
	}
	must(json.NewEncoder(answer).Encode(stored))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func show() {
	fmt.Printf("  pods %v, rules %d\n", stored.Spec.PodSelector.MatchLabels, len(stored.Spec.Egress))
}

func main() {
	server := httptest.NewServer(http.HandlerFunc(serve))
	defer server.Close()
	run := func(how string) {
		kubectl := exec.Command(os.Args[1], how, "--server", server.URL, "--validate=false", "-f", "-")
		kubectl.Env = append(os.Environ(), "KUBECONFIG=/dev/null")
		kubectl.Stdin = strings.NewReader(policy)
		said, _ := kubectl.CombinedOutput()
		fmt.Print("kubectl ", how, ": ", string(said))
		show()
	}
	run("apply")

	fmt.Println("a rule that permits everything, by hand")
	stored.Spec.Egress = []networking.NetworkPolicyEgressRule{{}}
	show()
	run("apply")

	fmt.Println("a label, by hand")
	stored.Spec.PodSelector.MatchLabels = map[string]string{"app": "test"}
	show()
	run("apply")
	run("replace")
}
GO
{
  go mod init finding
  go get k8s.io/kubectl@v0.37.2 k8s.io/component-base@v0.37.2 k8s.io/api@v0.37.2 k8s.io/apimachinery@v0.37.2
  go mod tidy
  go build -o bin/ . ./kubectl
} >build.log 2>&1 || { tail -5 build.log; exit 1; }
HOME=$dir bin/finding bin/kubectl | tee seen

cat >expected <<'TEXT'
kubectl apply: networkpolicy.networking.k8s.io/default-deny created
  pods map[], rules 0
a rule that permits everything, by hand
  pods map[], rules 1
kubectl apply: networkpolicy.networking.k8s.io/default-deny configured
  pods map[], rules 0
a label, by hand
  pods map[app:test], rules 0
kubectl apply: networkpolicy.networking.k8s.io/default-deny configured
  pods map[app:test], rules 0
kubectl replace: networkpolicy.networking.k8s.io/default-deny replaced
  pods map[], rules 0
TEXT
diff expected seen && echo "as described: kubectl 1.37.2"
