import type { RequestOptions } from 'node:https';

/** Where the API server is, and how we prove to it who we are. */
export interface Credentials {
  readonly server: URL;
  /** The namespace that the kubeconfig or the service account names; empty if none. */
  readonly namespace: string;
  /** TLS and authorization headers for one request, fresh enough to be used now. */
  options(): Promise<RequestOptions>;
  /** Forgets what is cached, after the server refused it. */
  refresh(): void;
}
