import { append } from '../../../core/model/grouped.ts';
import type { Labels } from '../../../core/model/snapshot.ts';
import type { Finding } from '../answer.ts';
import type { MeshSnapshot } from '../objects/snapshot.ts';
import type { AuthorizationPolicy, TargetRef } from '../objects/security.ts';
import { byAge } from '../registry/age.ts';
import { ruleMatches, type AuthorizationRequest, type Identity } from './request.ts';
import { labelsMatch } from '../registry/scope.ts';
import { remembered } from '../../values/remembered.ts';
import { anyOf } from '../../values/tri-state.ts';
import { isGoTrue } from '../../../core/text/go-boolean.ts';

export interface Decision extends Finding {
  readonly allowed: boolean;
}

/** The policies of one proxy, filed by the SNI that they are about: there may be one for every destination. */
export interface PolicySet {
  /** The ALLOW policies are what makes a proxy deny by default. */
  readonly allowing: readonly AuthorizationPolicy[];
  /** Those that may match a connection with this SNI. */
  readonly about: (sni: string | undefined) => readonly AuthorizationPolicy[];
  /** Does none of these name a client, by its ServiceAccount? All such clients of a namespace are treated alike. */
  readonly nameless: (sni: string | undefined, client: Identity) => boolean;
}

export interface Authorization {
  /** Of the pods of a gateway: by selector, or by the name of the Gateway that they are made from. */
  readonly atPods: (namespace: string, labels: Labels) => PolicySet;
  /** Of a waypoint for one ServiceEntry or Service: those of both, and of neither by selector, which is ignored there. */
  readonly atWaypoint: (
    waypoint: { readonly namespace: string; readonly name: string },
    service: { readonly kind: string; readonly namespace: string; readonly name: string },
  ) => PolicySet;
}

const gatewayNameLabel = 'gateway.networking.k8s.io/gateway-name';

export function readAuthorization({ authorizationPolicies, config }: MeshSnapshot): Authorization {
  const byNamespace = new Map<string, AuthorizationPolicy[]>();
  for (const policy of [...authorizationPolicies].sort(byAge)) {
    if (isGoTrue(policy.annotations['istio.io/dry-run'])) continue;
    append(byNamespace, policy.namespace, policy);
  }
  const of = (namespace: string): readonly AuthorizationPolicy[] => byNamespace.get(namespace) ?? [];
  const rooted = (namespace: string): readonly AuthorizationPolicy[] =>
    namespace === config.rootNamespace ? [] : of(config.rootNamespace);
  const known = new Map<string, PolicySet>();
  return {
    atPods: (namespace, labels) => {
      const bySelector = [...of(namespace), ...rooted(namespace)].filter(
        (policy) => targetsOf(policy).length === 0 && labelsMatch(policy.selector?.matchLabels ?? {}, labels),
      );
      const name = labels[gatewayNameLabel];
      const byTarget = name === undefined ? [] : of(namespace).filter((policy) => targets(policy, 'Gateway', name));
      return policySet([...bySelector, ...byTarget]);
    },
    atWaypoint: (waypoint, service) => {
      const key = [waypoint.namespace, waypoint.name, service.kind, service.namespace, service.name].join('/');
      const found =
        known.get(key) ??
        policySet([
          ...of(waypoint.namespace).filter((policy) => targets(policy, 'Gateway', waypoint.name)),
          ...of(service.namespace).filter((policy) => targets(policy, service.kind, service.name)),
          ...of(config.rootNamespace).filter((policy) => targets(policy, 'GatewayClass', 'istio-waypoint')),
        ]);
      known.set(key, found);
      return found;
    },
  };
}

export function targetsOf({
  targetRef,
  targetRefs,
}: Pick<AuthorizationPolicy, 'targetRef' | 'targetRefs'>): readonly TargetRef[] {
  return targetRef ? [targetRef, ...targetRefs] : targetRefs;
}

function targets(policy: AuthorizationPolicy, kind: string, name: string): boolean {
  return targetsOf(policy).some((target) => target.kind === kind && target.name === name);
}

function policySet(policies: readonly AuthorizationPolicy[]): PolicySet {
  const general: AuthorizationPolicy[] = [];
  const bySni = new Map<string, AuthorizationPolicy[]>();
  for (const policy of policies) {
    const names = exactNames(policy);
    if (names === undefined) general.push(policy);
    for (const name of names ?? []) append(bySni, name, policy);
  }
  const allowing = policies.filter(({ action }) => action === 'ALLOW');
  const known = new Map([...bySni].map(([name, own]) => [name, [...own, ...general]]));
  const about: PolicySet['about'] = (sni) => (sni === undefined ? undefined : known.get(sni)) ?? general;
  const namesIn = remembered(accountsIn);
  const nameless: PolicySet['nameless'] = (sni, { namespace, serviceAccount, principals }) => {
    const { exact, hasPatterns } = namesIn(about(sni));
    if (hasPatterns || exact.has(serviceAccount) || exact.has(`${namespace}/${serviceAccount}`)) return false;
    return !principals.some((principal) => exact.has(principal));
  };
  return { allowing, about, nameless };
}

/** The texts by which policies tell ServiceAccounts apart, and whether there are any that stand for several of these. */
function accountsIn(policies: readonly AuthorizationPolicy[]): {
  readonly exact: ReadonlySet<string>;
  readonly hasPatterns: boolean;
} {
  const rules = policies.flatMap((policy) => policy.rules);
  const texts = rules.flatMap(({ from, when }) => [
    ...from.flatMap(({ source }) => [
      ...source.principals,
      ...source.notPrincipals,
      ...source.serviceAccounts,
      ...source.notServiceAccounts,
    ]),
    ...when.flatMap(({ key, values, notValues }) =>
      key === 'source.principal' || key === 'source.serviceAccount' ? [...values, ...notValues] : [],
    ),
  ]);
  return { exact: new Set(texts), hasPatterns: texts.some((text) => text.includes('*')) };
}

/** The SNIs without which no rule of the policy matches; undefined: it has rules that do not ask, or ask for patterns. */
function exactNames({ rules }: AuthorizationPolicy): ReadonlySet<string> | undefined {
  if (rules.length === 0) return undefined;
  const names = rules.map(
    ({ when }) => when.find(({ key, values }) => key === 'connection.sni' && values.length > 0)?.values,
  );
  const known = names.flatMap((values) => values ?? []);
  return names.includes(undefined) || known.some((name) => name.includes('*')) ? undefined : new Set(known);
}

/** CUSTOM, then DENY, then ALLOW: one that denies is enough; where there is an ALLOW policy, one of its rules must match. */
export function decide({ allowing, about }: PolicySet, request: AuthorizationRequest): Decision {
  const policies = about(request.sni);
  const { denial, certain } = denialOf(policies, request);
  if (denial) return denial;
  const [first] = allowing;
  if (first === undefined) {
    const reason = 'no ALLOW policy is about this proxy, which then lets everybody through';
    return { layer: 'authorization', object: '', reason, certain, allowed: true };
  }
  let unsure: AuthorizationPolicy | undefined;
  for (const policy of policies) {
    if (policy.action !== 'ALLOW') continue;
    const holds = anyOf(policy.rules.map((rule) => ruleMatches(rule, request, 'ALLOW')));
    if (holds === 'yes') return { ...says(policy, 'a rule of it matches', certain), allowed: true };
    if (holds === 'some') return { ...says(policy, 'a rule of it matches some requests', certain), allowed: true };
    if (holds === 'unknown') unsure ??= policy;
  }
  if (unsure) return { ...says(unsure, 'whether a rule of it matches is not known', false), allowed: true };
  const nearest = policies.find(({ action, rules }) => action === 'ALLOW' && rules.length > 0) ?? first;
  return { ...says(nearest, refusal(allowing.length, request), certain), allowed: false };
}

function denialOf(
  policies: readonly AuthorizationPolicy[],
  request: AuthorizationRequest,
): { readonly denial?: Decision; readonly certain: boolean } {
  let certain = true;
  for (const policy of policies) {
    // What an external authorizer says nobody here knows.
    if (policy.action === 'CUSTOM') certain = false;
    if (policy.action !== 'DENY') continue;
    const holds = anyOf(policy.rules.map((rule) => ruleMatches(rule, request, 'DENY')));
    if (holds === 'unknown') certain = false;
    if (holds === 'yes') {
      return { certain, denial: { ...says(policy, 'a rule of this DENY policy matches', certain), allowed: false } };
    }
  }
  return { certain };
}

function refusal(count: number, { identity, sni }: AuthorizationRequest): string {
  const who = identity
    ? `${identity.namespace}/${identity.serviceAccount}`
    : 'a client without a certificate of the mesh';
  const where = sni === undefined ? '' : ` to SNI ${sni}`;
  return `none of ${count} ALLOW policies lets ${who} through${where}`;
}

function says({ id }: AuthorizationPolicy, reason: string, certain: boolean): Finding {
  return { layer: 'authorization', object: id, reason, certain };
}
