import type { ProblemCode } from '../../../api/problem.ts';
import type { LabelSelector } from '../../../api/fields/selector.ts';
import type { Destination } from '../../model/desired.ts';
import { canonicalCidr, faultOfCidr } from '../../../net/cidr.ts';
import { destinationOf } from '../../destinations/destination.ts';
import { canonicalName } from '../../../net/name.ts';
import { faultOfPort, normalisePorts, type Ports } from '../../destinations/ports.ts';
import { faultOfSelector, requirementsOf, type Requirements } from '../../select/requirements.ts';

/*
 * What slipped past the schemas is stopped here: a value is read whole or not at all, because half of a destination,
 * or a selector with one requirement less, is a different intent.
 */

/** Why something contributes nothing: a problem without its place. */
export interface Fault {
  readonly code: ProblemCode;
  readonly message: string;
}

export type Result<T> = { readonly value: T } | { readonly fault: Fault };

export function fault(code: ProblemCode, message: string): { readonly fault: Fault } {
  return { fault: { code, message } };
}

/** Names and networks as one destination. */
export function readDestination(names: readonly string[], networks: readonly string[]): Result<Destination> {
  const canonical = names.map(canonicalName);
  if (!isWhole(canonical)) {
    const bad = names[canonical.indexOf(undefined)] ?? '';
    return fault('invalid-name', `${JSON.stringify(bad)} is not a domain name or *.suffix; correct it`);
  }
  const read = readNetworks(networks);
  if ('fault' in read) return read;
  const destination = destinationOf(canonical, read.value);
  return destination
    ? { value: destination }
    : fault('empty-destination', 'names no destination; add domainNames or networks');
}

/** Networks in canonical form. */
export function readNetworks(networks: readonly string[]): Result<readonly string[]> {
  const canonical = networks.map(canonicalCidr);
  if (isWhole(canonical)) return { value: canonical };
  const bad = networks[canonical.indexOf(undefined)] ?? '';
  return fault('invalid-network', `${faultOfCidr(bad) ?? bad}; correct it`);
}

export function readPorts(ports: Ports | undefined): Result<Ports> {
  for (const port of ports ?? []) {
    const wrong = faultOfPort(port);
    if (wrong !== undefined) return fault('invalid-port', `${wrong}; correct it`);
  }
  // A copy: a list that has grown keeps room for sixteen more, and there are many lists.
  return { value: normalisePorts(ports ?? []).slice() };
}

/** The value is undefined for a selector that contradicts itself: legal, and nothing matches. */
export function readSelector(selector: LabelSelector | undefined): Result<Requirements | undefined> {
  const wrong = selector && faultOfSelector(selector);
  return wrong === undefined
    ? { value: requirementsOf(selector) }
    : fault('invalid-selector', `the selector is not valid: ${wrong}`);
}

/** RFC 1123 subdomain, as Kubernetes names ServiceAccounts and namespaces. */
const accountPattern = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** ServiceAccounts as `namespace/name`; absent: whichever. */
export function readAccounts(accounts: readonly string[] | undefined): Result<readonly string[] | undefined> {
  if (accounts?.length === 0) {
    return fault(
      'empty-service-accounts',
      'serviceAccounts is empty and so matches no pod; leave it out to match every one',
    );
  }
  const bad = accounts?.find((account) => !accountPattern.test(account));
  return bad === undefined
    ? { value: accounts }
    : fault('invalid-service-account', `${JSON.stringify(bad)} is not a ServiceAccount's name; correct it`);
}

function isWhole<T>(list: readonly (T | undefined)[]): list is readonly T[] {
  return !list.includes(undefined);
}
