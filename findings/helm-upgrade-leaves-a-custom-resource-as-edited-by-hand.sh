#!/usr/bin/env bash
# helm 4.3.2: `helm upgrade` takes back what somebody opened in a NetworkPolicy, but leaves it open in a custom policy.
#
# Expected: Helm compares the old manifest, the new one and the cluster (three-way merge; Helm's documentation, changes since Helm 2).
#           So an upgrade brings every object of the release back to what the chart says.
# Seen:     for custom resources Helm compares only the two manifests. Where the chart's policy is the same in both, an upgrade sends
#           nothing for it, and succeeds. A network that somebody has put into a CiliumNetworkPolicy stays, upgrade after upgrade;
#           `helm rollback` leaves it, too. Helm 3 always works like this (as 3.22.0 is written), and Helm 4 does with every release
#           that Helm 3 installed. An issue of 2021 was closed for age (https://github.com/helm/helm/issues/9937).
# So:       apply custom policies by a tool that compares them with the cluster, as kubectl apply does, or read them back after an
#           upgrade.
#
# Fails when the output is no longer what is described here. Needs Go 1.26; the first build takes four minutes of CPU.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >main.go <<'GO'
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/kube"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/cli-runtime/pkg/genericclioptions"
)

const builtIn = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec:
  podSelector: { matchLabels: { app: web } }
  policyTypes: [Egress]
  egress: [{ to: [{ ipBlock: { cidr: 192.0.2.0/24 } }] }]
`

const custom = `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: { name: web }
spec:
  endpointSelector: { matchLabels: { app: web } }
  egress: [{ toCIDR: [192.0.2.0/24] }]
`

var answers = map[string]string{
	"/version": `{"major": "1", "minor": "37", "gitVersion": "v1.37.2"}`,
	"/api":     `{"kind": "APIVersions", "versions": ["v1"]}`,
	"/api/v1":  `{"kind": "APIResourceList", "groupVersion": "v1", "resources": []}`,
	"/apis": `{"kind": "APIGroupList", "groups": [
{"name": "networking.k8s.io", "versions": [{"groupVersion": "networking.k8s.io/v1", "version": "v1"}]},
{"name": "cilium.io", "versions": [{"groupVersion": "cilium.io/v2", "version": "v2"}]}]}`,
	"/apis/networking.k8s.io/v1": `{"kind": "APIResourceList", "groupVersion": "networking.k8s.io/v1", "resources": [
{"name": "networkpolicies", "kind": "NetworkPolicy", "namespaced": true, "verbs": ["create", "get", "patch"]}]}`,
	"/apis/cilium.io/v2": `{"kind": "APIResourceList", "groupVersion": "cilium.io/v2", "resources": [
{"name": "ciliumnetworkpolicies", "kind": "CiliumNetworkPolicy", "namespaced": true, "verbs": ["create", "get", "patch"]}]}`,
}

const (
	builtInPath = "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies"
	customPath  = "/apis/cilium.io/v2/namespaces/shop/ciliumnetworkpolicies"
)

// What is in the cluster, by path.
var stored = map[string][]byte{}

// Stands in for an API server, and patches as that does.
func serve(answer http.ResponseWriter, request *http.Request) {
	answer.Header().Set("Content-Type", "application/json")
	path := request.URL.Path
	body, err := io.ReadAll(request.Body)
	must(err)
	switch known, ok := answers[path]; {
	case ok:
		io.WriteString(answer, known)
		return
	case request.Method == http.MethodPost:
		path += "/web"
		stored[path] = body
	case request.Method == http.MethodPatch:
		patch(path, request.Header.Get("Content-Type"), body)
	case stored[path] == nil:
		answer.WriteHeader(http.StatusNotFound)
		io.WriteString(answer, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}`)
		return
	}
	answer.Write(stored[path])
}

func patch(path, kind string, body []byte) {
	var err error
	if kind == "application/strategic-merge-patch+json" {
		stored[path], err = strategicpatch.StrategicMergePatch(stored[path], body, networking.NetworkPolicy{})
	} else {
		stored[path], err = jsonpatch.MergePatch(stored[path], body)
	}
	must(err)
}

// The text that an upgrade has to put back, and what somebody makes of it.
var written, opened = []byte("192.0.2.0/24"), []byte("0.0.0.0/0")

func show(what string) {
	state := func(kind string) string {
		for path, object := range stored {
			if strings.Contains(path, "/"+kind+"/") {
				return map[bool]string{true: string(opened), false: string(written)}[bytes.Contains(object, opened)]
			}
		}
		return "missing"
	}
	fmt.Printf("%-17s NetworkPolicy to %-13s CiliumNetworkPolicy to %s\n",
		what, state("networkpolicies"), state("ciliumnetworkpolicies"))
}

func openByHand() {
	for path, object := range stored {
		stored[path] = bytes.ReplaceAll(object, written, opened)
	}
	show("opened by hand")
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	server := httptest.NewServer(http.HandlerFunc(serve))
	defer server.Close()
	flags := genericclioptions.NewConfigFlags(false)
	flags.APIServer = &server.URL
	namespace := "shop"
	flags.Namespace = &namespace
	helm := action.NewConfiguration()
	must(helm.Init(flags, namespace, "memory"))
	policies := &chart.Chart{
		Metadata: &chart.Metadata{APIVersion: "v2", Name: "policies", Version: "1.0.0"},
		Templates: []*common.File{
			{Name: "templates/built-in.yaml", Data: []byte(builtIn)},
			{Name: "templates/custom.yaml", Data: []byte(custom)},
		},
	}

	install := action.NewInstall(helm)
	install.ReleaseName, install.Namespace = "policies", namespace
	install.DisableOpenAPIValidation = true
	install.WaitStrategy = kube.HookOnlyStrategy
	install.ServerSideApply = false // as Helm 3 does always
	_, err := install.Run(policies, nil)
	must(err)
	show("install")

	openByHand()
	upgrade := action.NewUpgrade(helm) // with the way to apply that Helm chooses
	upgrade.Namespace = namespace
	upgrade.DisableOpenAPIValidation = true
	upgrade.WaitStrategy = kube.HookOnlyStrategy
	_, err = upgrade.Run("policies", policies, nil)
	must(err)
	show("upgrade")

	openByHand()
	rollback := action.NewRollback(helm)
	rollback.Version = 1
	rollback.WaitStrategy = kube.HookOnlyStrategy
	must(rollback.Run("policies"))
	show("rollback")
}
GO
{
  go mod init finding
  go get helm.sh/helm/v4@v4.3.2
  go mod tidy
  go build -o finding .
} >build.log 2>&1 || { tail -5 build.log; exit 1; }
HOME=$dir KUBECONFIG=/dev/null ./finding 2>errors | tee seen || { cat errors; exit 1; }

cat >expected <<'TEXT'
install           NetworkPolicy to 192.0.2.0/24  CiliumNetworkPolicy to 192.0.2.0/24
opened by hand    NetworkPolicy to 0.0.0.0/0     CiliumNetworkPolicy to 0.0.0.0/0
upgrade           NetworkPolicy to 192.0.2.0/24  CiliumNetworkPolicy to 0.0.0.0/0
opened by hand    NetworkPolicy to 0.0.0.0/0     CiliumNetworkPolicy to 0.0.0.0/0
rollback          NetworkPolicy to 192.0.2.0/24  CiliumNetworkPolicy to 0.0.0.0/0
TEXT
diff expected seen && echo "as described: helm 4.3.2"
