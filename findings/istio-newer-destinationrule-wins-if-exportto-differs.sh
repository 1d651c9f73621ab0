#!/usr/bin/env bash
# istiod 1.31 (commit eed52ebb66ad, 2026-08-27): of two DestinationRules for a host the older wins; if `exportTo` differs, the newer.
#
# Expected: the older wins, as with two rules of the same `exportTo`, and as with most of Istio's objects that contradict each other.
# Seen:     rules with the same `exportTo` are merged into the first, whose settings stay. Rules with different `exportTo` are kept side
#           by side, and a client that both are exported to gets the newest. Only where the newer is exported to all that the older is
#           exported to, by name, the older stays in force there.
# So:       adding `exportTo` to one of two such rules, or a second rule for a host with another `exportTo`, takes TLS settings, subsets
#           and limits of the older rule out of force for clients that see both. Keep one rule for a host, or give both the same
#           `exportTo`.
#
# Fails when the output is no longer what is described here. Needs Go 1.26; the first build takes ten minutes of CPU.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >finding_test.go <<'GO'
package finding

import (
	"fmt"
	"testing"

	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/pkg/networking/core"
)

const entry = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: api, namespace: egress }
spec:
  hosts: [api.example.com]
  location: MESH_EXTERNAL
  resolution: DNS
  ports: [{ number: 443, name: tls, protocol: TLS }]
---
`

const rule = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: %s, namespace: egress, creationTimestamp: "%s" }
spec:
  host: api.example.com
  exportTo: %s
  trafficPolicy: { connectionPool: { tcp: { maxConnections: %d } } }
---
`

// The connections that a pod in namespace shop may open to the host.
func limit(t *testing.T, olderTo, youngerTo string) uint32 {
	older := fmt.Sprintf(rule, "b-older", "2026-01-01T00:00:00Z", olderTo, 100)
	younger := fmt.Sprintf(rule, "a-younger", "2026-02-01T00:00:00Z", youngerTo, 7)
	mesh := core.NewConfigGenTest(t, core.TestOptions{ConfigString: entry + older + younger})
	for _, cluster := range mesh.Clusters(mesh.SetupProxy(&model.Proxy{ConfigNamespace: "shop"})) {
		if cluster.Name == "outbound|443||api.example.com" {
			return cluster.CircuitBreakers.Thresholds[0].MaxConnections.GetValue()
		}
	}
	return 0
}

func TestFinding(t *testing.T) {
	fmt.Println("older [*], younger [*]:", limit(t, `["*"]`, `["*"]`))
	fmt.Println("older [*], younger [shop]:", limit(t, `["*"]`, `[shop]`))
	fmt.Println("older [shop], younger [shop, egress]:", limit(t, `[shop]`, `[shop, egress]`))
	fmt.Println("older [shop, egress], younger [shop]:", limit(t, `[shop, egress]`, `[shop]`))
}
GO
{
  go mod init finding
  go get istio.io/istio@v0.0.0-20260827124520-eed52ebb66ad
  go mod tidy
} >mod.log 2>&1 || { tail -5 mod.log; exit 1; }
go test -v -count=1 -run TestFinding . >test.log 2>&1 || { tail -5 test.log; exit 1; }
grep "^older" test.log >seen.txt || true
cat seen.txt
diff - seen.txt <<'EXPECTED'
older [*], younger [*]: 100
older [*], younger [shop]: 7
older [shop], younger [shop, egress]: 100
older [shop, egress], younger [shop]: 7
EXPECTED
