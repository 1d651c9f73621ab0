/** What proxies have of what was written for them, where the control plane of a mesh tells. */
export interface Proxies {
  /** By workload identity, `shop/checkout`, and by gateway, `istio-egress/egressgateway`. */
  readonly by: Readonly<Record<string, ProxyCount>>;
  /** Of the pods whose proxies lack it, the first few. */
  readonly behind: readonly ProxyBehind[];
}

export interface ProxyCount {
  /** Pods that run, each of which should have a proxy. */
  readonly pods: number;
  /** Of these, those whose proxy has what was written. */
  readonly current: number;
}

export interface ProxyBehind {
  /** A key of `by`. */
  readonly of: string;
  /** `shop/checkout-5b4f8c-x2v9p` */
  readonly pod: string;
  /** Continues the name of the pod: `runs without a sidecar`. Says the same as long as nothing changes. */
  readonly reason: string;
  /** No proxy meets its connections, so that none enforces anything; else it has one that lacks what was written. */
  readonly past?: true;
}
