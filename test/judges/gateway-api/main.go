// Command gateway-api puts istiod's own controller of the Gateway API before ../../../../shared/mesh, whose istiod has none: it
// reads a JSON list of a world's objects and prints that list with the objects of Istio in place of those of the Gateway API,
// without what istiod's webhook refuses, which is named on standard error.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pilot/pkg/config/kube/gateway"
	"istio.io/istio/pilot/pkg/networking/core"
	"istio.io/istio/pilot/pkg/serviceregistry"
	kubecontroller "istio.io/istio/pilot/pkg/serviceregistry/kube/controller"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/config/schema/gvk"
	"istio.io/istio/pkg/config/schema/gvr"
	"istio.io/istio/pkg/kube"
	"istio.io/istio/pkg/kube/kclient/clienttest"
	"istio.io/istio/pkg/kube/krt"
	istiolog "istio.io/istio/pkg/log"
	"istio.io/istio/pkg/test"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/gateway-api/pkg/consts"
)

const (
	domain  = "cluster.local"
	cluster = "Kubernetes"
	group   = "gateway.networking.k8s.io/"
)

func main() {
	options := istiolog.DefaultOptions()
	options.OutputPaths = []string{"stderr"}
	options.SetDefaultOutputLevel("all", istiolog.ErrorLevel)
	_ = istiolog.Configure(options)
	if err := test.Wrap(translate); err != nil {
		fmt.Fprintln(os.Stderr, "gateway-api:", err)
		os.Exit(1)
	}
}

// What the controller watches.
var watched = []schema.GroupVersionResource{
	gvr.GatewayClass, gvr.KubernetesGateway, gvr.ListenerSet, gvr.HTTPRoute, gvr.GRPCRoute, gvr.TLSRoute, gvr.TCPRoute,
	gvr.ReferenceGrant, gvr.BackendTLSPolicy, gvr.ServiceEntry, gvr.XBackendTrafficPolicy, gvr.InferencePool,
}

func translate(t test.Failer) {
	var all []json.RawMessage
	if err := json.NewDecoder(os.Stdin).Decode(&all); err != nil {
		t.Fatal(err)
	}
	world := read(t, all)
	client := kube.NewFakeClientWithVersion("", world.objects...)
	for _, kind := range watched {
		// istiod takes no routes of TLS and TCP whose kinds are of another version.
		clienttest.MakeCRDWithAnnotations(t, client, kind, map[string]string{consts.BundleVersionAnnotation: consts.BundleVersion})
	}
	stop := test.NewStop(t)
	ready := func(schema.GroupVersionResource, <-chan struct{}) bool { return true }
	controller := gateway.NewController(client, ready, kubecontroller.Options{
		KrtDebugger: krt.GlobalDebugHandler, DomainSuffix: domain, ClusterID: cluster, SystemNamespace: "istio-system",
	}, nil)
	registry, _ := kubecontroller.NewFakeControllerWithOptions(t, kubecontroller.FakeControllerOptions{
		Client: client, ClusterID: cluster, DomainSuffix: domain, SkipRun: true,
	})
	client.RunAndWait(stop)
	go controller.Run(stop)
	mesh := core.NewConfigGenTest(t, core.TestOptions{
		Configs: world.configs, ClusterID: cluster, ServiceRegistries: []serviceregistry.Instance{registry},
	})
	controller.Reconcile(mesh.PushContext())
	kube.WaitForCacheSync("gateway-api", stop, controller.HasSynced)
	out := world.left
	for _, kind := range []config.GroupVersionKind{gvk.Gateway, gvk.VirtualService, gvk.DestinationRule} {
		for _, one := range controller.List(kind, "") {
			object, err := crd.ConvertConfig(one)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, object)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		t.Fatal(err)
	}
}

type world struct {
	// For the controller: what it watches, and what decides which hosts there are.
	objects []runtime.Object
	configs []config.Config
	// What stays as it is.
	left []any
}

func read(t test.Failer, all []json.RawMessage) (w world) {
	for _, raw := range all {
		var head struct {
			APIVersion, Kind string
			Metadata         struct{ Name, Namespace string }
		}
		if err := json.Unmarshal(raw, &head); err != nil {
			t.Fatal(err)
		}
		parsed, _ := schema.ParseGroupVersion(head.APIVersion)
		kind, known := collections.PilotGatewayAPI().FindByGroupVersionAliasesKind(config.GroupVersionKind{Group: parsed.Group, Version: parsed.Version, Kind: head.Kind})
		if known {
			var object crd.IstioKind
			if err := json.Unmarshal(raw, &object); err != nil {
				t.Fatal(err)
			}
			c, err := crd.ConvertObject(kind, &object, domain)
			if err == nil {
				_, err = kind.ValidateConfig(*c)
			}
			if err != nil {
				fmt.Fprintf(os.Stderr, "refused by istiod: %s %s/%s: %s\n", head.Kind, head.Metadata.Namespace, head.Metadata.Name, strings.ReplaceAll(err.Error(), "\n", " "))
				continue
			}
			if !strings.HasPrefix(head.APIVersion, group) {
				w.configs = append(w.configs, *c)
			}
		}
		if o, _, err := kube.IstioCodec.UniversalDeserializer().Decode(raw, nil, nil); err == nil {
			w.objects = append(w.objects, o)
		}
		if !strings.HasPrefix(head.APIVersion, group) {
			w.left = append(w.left, raw)
		}
	}
	return
}
