export interface ApiType {
  /** `v1` or `apps/v1`. */
  readonly apiVersion: string;
  readonly plural: string;
}

export interface ObjectRef extends ApiType {
  /** Absent or empty: cluster scope. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** `/api/v1/pods`, `/apis/postern.dev/v1alpha1/namespaces/shop/egresspolicies`. No namespace: all of them. */
export function collectionPath({ apiVersion, plural }: ApiType, namespace = ''): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace === '' ? `${root}/${plural}` : `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

export function objectPath(ref: ObjectRef, subresource?: 'status'): string {
  const path = `${collectionPath(ref, ref.namespace)}/${encodeURIComponent(ref.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}
