#!/usr/bin/env bash
# cilium 1.20.2: an empty list of peers in a CiliumNetworkPolicy allows nobody or everybody, depending on which list it is.
#
# Expected: a rule whose list of peers is empty, as a template without values writes it, opens its ports to nobody. And an object is the
#           same after a Go program has read it and written it back.
# Seen:     an empty `toEndpoints`, `toEntities`, `toNodes`, `toCIDR` or `toCIDRSet` allows nobody. An empty `toFQDNs`, `toServices` or
#           `toGroups` allows everybody, inside the cluster and outside, as if the field were absent. Empty lists were given a meaning in
#           2023, for most of the first five (https://github.com/cilium/cilium/pull/29608); the reference mentions `toEndpoints` alone.
#           Cilium's Go types have `omitempty` on all but `toCIDRSet`: a typed client leaves out `[]`, and nobody becomes everybody. (The
#           agent's policy repository gives the same verdicts for a pod of another namespace.)
# So:       leave out the whole rule when there are no peers, in templates and in programs.
#
# Fails when the output is no longer what is described here. Needs Go 1.26; the first build takes a minute and a half of CPU.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/cilium/cilium/pkg/policy/utils"
)

// To whom the spec of a CiliumNetworkPolicy opens a port: peers that are nil select nothing, and none at all, with ports, is a wildcard.
func peers(spec []byte) string {
	rule := read(spec)
	must(rule.Sanitize())
	switch entry := utils.RulesToPolicyEntries(api.Rules{&rule})[0]; {
	case entry.L3 == nil:
		return "nobody"
	case len(entry.L3) == 0:
		return "everybody"
	default:
		return fmt.Sprint(entry.L3)
	}
}

func read(spec []byte) (rule api.Rule) {
	must(json.Unmarshal(spec, &rule))
	return rule
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

const spec = `{"endpointSelector": {}, "egress": [{%q: [], "toPorts": [{"ports": [{"port": "443", "protocol": "TCP"}]}]}]}`

func main() {
	fmt.Println("                 as written  written back by Go")
	for _, field := range []string{"toEndpoints", "toEntities", "toNodes", "toCIDR", "toCIDRSet", "toFQDNs", "toServices", "toGroups"} {
		written := fmt.Appendf(nil, spec, field)
		again, err := json.Marshal(read(written))
		must(err)
		fmt.Printf("%-17s%-12s%s\n", field+": []", peers(written), peers(again))
	}
}
GO
{
  go mod init finding
  go get github.com/cilium/cilium@v1.20.2
  go mod tidy
  go build -o finding .
} >build.log 2>&1 || { tail -5 build.log; exit 1; }
./finding | tee seen

cat >expected <<'TEXT'
                 as written  written back by Go
toEndpoints: []  nobody      everybody
toEntities: []   nobody      everybody
toNodes: []      nobody      everybody
toCIDR: []       nobody      everybody
toCIDRSet: []    nobody      nobody
toFQDNs: []      everybody   everybody
toServices: []   everybody   everybody
toGroups: []     everybody   everybody
TEXT
diff expected seen && echo "as described: cilium 1.20.2"
