import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { Credentials } from './transport.ts';
import { ApiError } from '../api-error.ts';

export interface KubeconfigOptions {
  /** A kubeconfig file; absent: `KUBECONFIG`, `~/.kube/config`, then the service account of the pod we run in. */
  readonly path?: string;
  /** Absent: the file's current context. */
  readonly context?: string;
}

/**
 * Credentials as kubectl finds them: certificates, tokens, token files, exec plug-ins, OIDC.
 * Only this file uses the client library, which is slow to load: import it lazily.
 */
export function fromKubeconfig(options: KubeconfigOptions = {}): Credentials {
  let config = load(options);
  const cluster = currentCluster(config);
  return {
    server: serverOf(cluster),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? '',
    options: () => requestOptions(config),
    // A new configuration has new authenticators: no cached token survives, and rotated files are read.
    refresh: () => {
      config = reload(options) ?? config;
    },
  };
}

/** Names of the contexts of a kubeconfig. @throws ApiError when it cannot be read */
export function contextsIn(path: string | undefined): readonly string[] {
  return load({ ...(path !== undefined && { path }) })
    .getContexts()
    .map(({ name }) => name);
}

function load({ path, context }: KubeconfigOptions): KubeConfig {
  const config = new KubeConfig();
  try {
    if (path === undefined) config.loadFromDefault();
    else config.loadFromFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'not a kubeconfig';
    const read = path ?? (error instanceof Error && 'path' in error ? String(error.path) : undefined);
    throw unavailable(`cannot read the kubeconfig ${read ?? 'of KUBECONFIG, or ~/.kube/config'} (${code})`);
  }
  if (context !== undefined) config.setCurrentContext(context);
  return config;
}

/** Undefined while the file is being replaced; the next refusal reads it. */
function reload(options: KubeconfigOptions): KubeConfig | undefined {
  try {
    return load(options);
  } catch {
    return undefined;
  }
}

function serverOf({ name, server }: { readonly name: string; readonly server: string }): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.hostname && /^https?:$/.test(url.protocol)) return url;
  throw unavailable(`the server of cluster ${name} in the kubeconfig is no https address: ${JSON.stringify(server)}`);
}

function currentCluster(config: KubeConfig): { readonly name: string; readonly server: string } {
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const context = config.getCurrentContext();
    if (config.getContextObject(context) !== null)
      throw unavailable(`the kubeconfig has no cluster for its context ${context}`);
    const known = config.getContexts().map(({ name }) => name);
    throw unavailable(`the kubeconfig has no context "${context}"; it has: ${known.join(', ') || 'none'}`);
  }
  // The library's fallback when it found nothing.
  if (cluster.name === 'cluster' && cluster.server === 'http://localhost:8080') {
    throw unavailable('no kubeconfig found, and this is not a pod with a service account; set KUBECONFIG');
  }
  return cluster;
}

async function requestOptions(config: KubeConfig): Promise<RequestOptions> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    // A plug-in's standard error may hold a token: only the fact that it failed is passed on.
    const plugin = config.getCurrentUser()?.exec as { command?: unknown } | undefined;
    const name = typeof plugin?.command === 'string' ? `the plug-in ${plugin.command}` : 'the kubeconfig';
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw unavailable(`no credentials: ${name} failed${code}; try the same with kubectl`);
  }
  options.rejectUnauthorized ??= true;
  // The library makes an agent, and so a TLS connection, for each request. Only an agent for a proxy is needed.
  if (config.getCurrentCluster()?.proxyUrl === undefined) delete options.agent;
  return options;
}

const unavailable = (message: string): ApiError => new ApiError(0, 'CredentialsUnavailable', message);
