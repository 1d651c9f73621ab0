/**
 * What a proxy of Istio says of a connection or a request that it did not carry on, in the words of Envoy:
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage
 */
export interface EnvoyFields {
  /** `%RESPONSE_FLAGS%`: `NR`, `UF,URX`, `-`. */
  readonly flags?: string | undefined;
  /** `%RESPONSE_CODE_DETAILS%` */
  readonly details?: string | undefined;
  /** `%CONNECTION_TERMINATION_DETAILS%` */
  readonly termination?: string | undefined;
  /** `%UPSTREAM_CLUSTER%` */
  readonly cluster?: string | undefined;
  /** `%ROUTE_NAME%` */
  readonly route?: string | undefined;
}

const policy = /^rbac_access_denied_matched_policy\[ns\[([a-z0-9-]+)\]-policy\[([a-z0-9.-]+)\]-rule\[\d+\]\]/;

/** What refused it; undefined: nothing in this proxy, as far as the line says. Never has a quote in it. */
export function refusalIn({ flags, details = '', termination = '', cluster, route }: EnvoyFields): string | undefined {
  for (const text of [details, termination]) {
    const [, namespace, name] = policy.exec(text) ?? [];
    if (namespace !== undefined) return `AuthorizationPolicy ${namespace}/${name ?? ''} denies it`;
    if (text.startsWith('rbac_access_denied')) return 'no AuthorizationPolicy permits it';
  }
  if (cluster === 'BlackHoleCluster' || route === 'block_all')
    return 'REGISTRY_ONLY: no ServiceEntry that the pod sees has it';
  const said = new Set((flags ?? '').split(','));
  if (said.has('NC')) return 'a route leads to a cluster that the proxy does not have';
  if (said.has('NR')) return 'the proxy has no route or server for it';
  return said.has('UF') || said.has('UH')
    ? 'the next hop: it could not be reached, or closed the connection'
    : undefined;
}
