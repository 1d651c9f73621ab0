// Follows the pods of an API server on 127.0.0.1 with client-go's own reflector, as a controller written in Go does,
// and prints them all once it has them, as client-go understood them.
// usage: client-go PORT json|protobuf
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

func main() {
	known := runtime.NewScheme()
	must(corev1.AddToScheme(known))
	config := &rest.Config{Host: "http://127.0.0.1:" + os.Args[1], APIPath: "/api", QPS: -1}
	config.GroupVersion = &corev1.SchemeGroupVersion
	config.NegotiatedSerializer = serializer.NewCodecFactory(known).WithoutConversion()
	if os.Args[2] == "protobuf" {
		config.ContentType = "application/vnd.kubernetes.protobuf"
	}
	client, err := rest.RESTClientFor(config)
	must(err)
	pods := cache.NewListWatchFromClient(client, "pods", metav1.NamespaceAll, fields.Everything())
	informer := cache.NewSharedIndexInformer(pods, &corev1.Pod{}, 0, cache.Indexers{})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	go informer.RunWithContext(ctx)
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		must(errors.New("the informer never had all"))
	}
	must(json.NewEncoder(os.Stdout).Encode(informer.GetStore().List()))
}

func must(err error) {
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}
