#!/usr/bin/env bash
# Kubernetes 1.37.2 (apiextensions-apiserver 0.37.2): after a CRD became stricter, an old item of a set blocks each change of the set.
#
# Expected: after a rule of a CRD was made stricter, a value that an object already has may stay as long as it is not changed
#           (documentation of validation ratcheting; tasks, CustomResourceDefinitions). An item that stays in a list is such a value.
# Seen:     in a list of type `map` it is. In a `set`, although its items are compared by value, and in an atomic list, a change of one
#           item makes the API server validate all of them: to add a good one is refused because of an old one, and so is to remove
#           another. The documentation names what is not ratcheted, a change of the list's type among it; it says nothing of items.
# So:       never tighten a rule on the items of a set or an atomic list within a version. Where you may want to, make the list a map (`-
#           cidr: 10.0.0.0/24`), or write the rule for the whole list in CEL with `optionalOldSelf`.
#
# Fails when the output is no longer what is described here. Needs Go 1.26; the first build takes a minute of CPU.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apiserver/pkg/cel/common"
)

// An item has to have a slash, since yesterday.
const (
	cidr   = `{"type": "string", "pattern": "/"}`
	set    = `{"type": "array", "x-kubernetes-list-type": "set", "items": ` + cidr + `}`
	atomic = `{"type": "array", "x-kubernetes-list-type": "atomic", "items": ` + cidr + `}`
	keyed  = `{"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["cidr"],
"items": {"type": "object", "required": ["cidr"], "properties": {"cidr": ` + cidr + `}}}`
)

// What an API server says of an update, which it validates in this way.
func update(list, before, after string) string {
	var written v1.JSONSchemaProps
	read(`{"type": "object", "properties": {"networks": `+list+`}}`, &written)
	var props apiextensions.JSONSchemaProps
	must(v1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&written, &props, nil))
	structural, err := schema.NewStructural(&props)
	must(err)
	validator, _, err := validation.NewSchemaValidator(&props)
	must(err)

	var old, changed map[string]any
	read(`{"networks": `+before+`}`, &old)
	read(`{"networks": `+after+`}`, &changed)
	correlated := common.NewCorrelatedObject(changed, old, &model.Structural{Structural: structural})
	faults := validation.ValidateCustomResourceUpdate(nil, changed, old, validator, validation.WithRatcheting(correlated))
	if len(faults) == 0 {
		return "accepted"
	}
	return "refused for " + faults[0].Field
}

func read(text string, into any) { must(json.Unmarshal([]byte(text), into)) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	const bad, both = `["10.0.0.1"]`, `["10.0.0.1", "10.0.1.0/24"]`
	const badKeyed, bothKeyed = `[{"cidr": "10.0.0.1"}]`, `[{"cidr": "10.0.0.1"}, {"cidr": "10.0.1.0/24"}]`
	fmt.Println("set, left alone:    ", update(set, bad, bad))
	fmt.Println("set, one more:      ", update(set, bad, both))
	fmt.Println("set, one less:      ", update(set, both, bad))
	fmt.Println("atomic, left alone: ", update(atomic, bad, bad))
	fmt.Println("atomic, one more:   ", update(atomic, bad, both))
	fmt.Println("map, one more:      ", update(keyed, badKeyed, bothKeyed))
	fmt.Println("map, one less:      ", update(keyed, bothKeyed, badKeyed))
}
GO
{
  go mod init finding
  go get k8s.io/apiextensions-apiserver@v0.37.2 k8s.io/apiserver@v0.37.2
  go mod tidy
  go build -o finding .
} >build.log 2>&1 || { tail -5 build.log; exit 1; }
./finding | tee seen

cat >expected <<'TEXT'
set, left alone:     accepted
set, one more:       refused for networks[0]
set, one less:       refused for networks[0]
atomic, left alone:  accepted
atomic, one more:    refused for networks[0]
map, one more:       accepted
map, one less:       accepted
TEXT
diff expected seen && echo "as described: apiextensions-apiserver 0.37.2"
