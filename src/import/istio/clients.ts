import type { MeshSettings } from './objects.ts';
import { everybody, type Who } from '../who.ts';

/* The sources of AuthorizationPolicies: https://istio.io/latest/docs/reference/config/security/authorization-policy/#Source */

/** The rest is about requests, addresses, and who is none of these. */
const fields = ['principals', 'namespaces', 'serviceAccounts'];

/** Clients that a field of a source names, where it can be said; undefined: more, less, or it is not known. */
export function clientsOf(
  field: string,
  values: readonly string[],
  { namespace }: { readonly namespace: string },
  settings: MeshSettings,
): Who | undefined {
  const read = values.map((value) => clientOf(field, value, namespace, settings));
  if (read.includes(undefined)) return undefined;
  const known = read.flatMap((one) => one ?? []);
  if (known.some((one) => one === everybody)) return everybody;
  const accounts = known.flatMap((one) => ('accounts' in one ? one.accounts : []));
  const namespaces = known.flatMap((one) => ('accounts' in one ? [] : one.namespaces));
  // Accounts beside whole namespaces are no one subject.
  return namespaces.length === 0 ? { accounts } : accounts.length === 0 ? { namespaces, inverted: false } : undefined;
}

/** Do clients of ours have a word for what the field names? */
export function isExpressible(
  field: string,
  values: readonly string[],
  policy: { readonly namespace: string },
  settings: MeshSettings,
): boolean {
  return values.length === 0 || clientsOf(field, values, policy, settings) !== undefined;
}

function clientOf(field: string, value: string, namespace: string, settings: MeshSettings): Who | undefined {
  if (!fields.includes(field)) return undefined;
  if (value === '*') return everybody;
  if (field === 'namespaces') return value.includes('*') ? undefined : { namespaces: [value], inverted: false };
  if (field === 'serviceAccounts') {
    if (value.includes('*')) return undefined;
    return { accounts: [value.includes('/') ? value : `${namespace}/${value}`] };
  }
  const [, domain = '', space = '', account = ''] =
    /^([^/*]+)\/ns\/([^/*]+)\/(?:sa\/([^/*]+)|(?:sa\/)?\*)$/.exec(value) ?? [];
  if (![settings.trustDomain, ...settings.trustDomainAliases, 'cluster.local'].includes(domain)) return undefined;
  return account === '' ? { namespaces: [space], inverted: false } : { accounts: [`${space}/${account}`] };
}
