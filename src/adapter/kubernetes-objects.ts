/*
 * The Kubernetes API as points inside the cluster use it. What they write are objects; what applies them to traffic
 * (a mesh, a network plugin) enforces them.
 */

/** A type of object that a point writes. */
export interface ObjectKind {
  readonly kind: string;
  /** `Resource.kind`, where another group has a kind of the same name. Absent: the kind. */
  readonly resource?: string;
  /** `networking.istio.io`; empty for the core group. */
  readonly group: string;
  readonly plural: string;
  /** The versions in which it can be written, preferred first. */
  readonly versions: readonly string[];
  readonly namespaced: boolean;
}

/** What its resources say of their kind. */
export function resourceKind({ kind, resource = kind }: ObjectKind): string {
  return resource;
}

/** Where an object is. */
export interface ObjectName {
  /** Empty at cluster scope. */
  readonly namespace: string;
  readonly name: string;
}

/** What an object says, whatever it is. */
export interface ObjectContent {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  /** `spec`, `status` and what else the kind has. */
  readonly [field: string]: unknown;
}

export interface KubernetesObject extends ObjectContent {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Every method throws `AdapterError` only, or the reason of the signal. */
export interface KubernetesObjects {
  /** Every kind that can be listed, of every group but the core one; its versions as the API server prefers them. */
  served(): Promise<readonly ObjectKind[]>;
  /** Which of the kind's versions the API server serves; undefined: none. */
  version(kind: ObjectKind): Promise<string | undefined>;
  /** All of them, or an error: never a part. Of all namespaces, unless told otherwise. */
  list(
    kind: ObjectKind,
    filter?: { readonly labelSelector?: string; readonly namespace?: string },
  ): Promise<readonly KubernetesObject[]>;
  get(kind: ObjectKind, name: ObjectName): Promise<KubernetesObject | undefined>;
  /**
   * Server-side apply under the field manager `postern`.
   *
   * @param force take over fields that another client has set; without it, such a field is the error `foreign-owned`
   * @returns the object as it is then
   */
  apply(
    kind: ObjectKind,
    object: KubernetesObject,
    options: { readonly force: boolean; readonly signal: AbortSignal },
  ): Promise<KubernetesObject>;
  /** Puts this in the object's place, fields of others included, if it is still at `metadata.resourceVersion`. */
  replace(kind: ObjectKind, object: KubernetesObject, signal: AbortSignal): Promise<KubernetesObject>;
  /** Deletes the object with this uid, and no successor of it; one that is gone is fine. */
  remove(kind: ObjectKind, name: ObjectName & { readonly uid: string }, signal: AbortSignal): Promise<void>;
  /**
   * A token of a ServiceAccount that `audience` accepts and the API server does not, for ten minutes: the least that
   * it gives.
   */
  token(account: ObjectName, audience: string): Promise<string>;
  /** The verbs of these that we may not use on the kind, in all namespaces. */
  missing(kind: ObjectKind, verbs: readonly ObjectVerb[]): Promise<readonly ObjectVerb[]>;
}

export type ObjectVerb = 'get' | 'list' | 'create' | 'patch' | 'update' | 'delete';
