import { targetsOf } from '../proxies/authorization.ts';
import { serverHosts, speaksHttp, type GatewayPods } from '../proxies/listeners.ts';
import { trustDomainsOf } from '../objects/config.ts';
import type { AuthorizationPolicy, AuthorizationRule } from '../objects/security.ts';
import { labelsMatch } from '../registry/scope.ts';
import { flaw, type CheckContext, type Flaw, type MeshCheck } from './check.ts';

export const policyChecks: readonly MeshCheck[] = [
  {
    id: 'S16',
    title: 'An AuthorizationPolicy applies to its gateway only, and uses attributes that exist there',
    severity: 'error',
    fix: 'Select the pods of one gateway, outside the root namespace, and use attributes that its connections have.',
    find: policyFaults,
  },
  {
    id: 'S17',
    title: 'Every gateway denies by default, and every rule names sources',
    severity: 'error',
    fix: 'Keep one ALLOW policy without rules for each gateway, and write `from` into every rule.',
    find: missingDefaults,
  },
];

function policyFaults({ snapshot, isOurs, gateways }: CheckContext): readonly Flaw[] {
  const { rootNamespace } = snapshot.config;
  return snapshot.authorizationPolicies.filter(isOurs).flatMap((policy) => {
    const targets = targetsOf(policy);
    const pods = gateways.filter((each) => isAbout(policy, each));
    return [
      ...(policy.namespace === rootNamespace
        ? [flaw(policy, 'metadata.namespace', 'in the root namespace it applies to the whole mesh')]
        : []),
      ...(policy.selector === undefined && targets.length === 0
        ? [flaw(policy, 'spec.selector', 'without a selector it applies to its whole namespace')]
        : []),
      ...(policy.selector !== undefined && targets.length > 0
        ? [flaw(policy, 'spec.targetRefs', 'selector and targetRefs exclude each other')]
        : []),
      ...policy.rules.flatMap((rule, index) =>
        [
          ...ruleFaults(policy, rule),
          ...principalFaults(rule, trustDomainsOf(snapshot.config)),
          ...pods.flatMap((each) => placeFaults(rule, each)),
        ].map((message) => flaw(policy, `spec.rules[${index}]`, message)),
      ),
    ];
  });
}

function isAbout({ namespace, selector }: AuthorizationPolicy, pods: GatewayPods): boolean {
  return selector !== undefined && namespace === pods.namespace && labelsMatch(selector.matchLabels, pods.labels);
}

function ruleFaults({ action }: AuthorizationPolicy, rule: AuthorizationRule): readonly string[] {
  const { from, to, when } = rule;
  const isEmpty = from.length + to.length + when.length === 0;
  if (action !== 'DENY') return isEmpty ? ['is empty, and so allows everybody'] : [];
  return [
    ...(asksForRequests(rule) ? ['uses attributes of requests: on other connections it denies more than it says'] : []),
  ];
}

function namesOf({ when }: AuthorizationRule): readonly string[] {
  return when.filter(({ key }) => key === 'connection.sni').flatMap(({ values }) => values);
}

function asksForRequests({ from, to, when }: AuthorizationRule): boolean {
  return (
    from.some(({ source }) => source.requestPrincipals.length + source.notRequestPrincipals.length > 0) ||
    to.some(({ operation: { hosts, notHosts, methods, notMethods, paths, notPaths } }) =>
      [hosts, notHosts, methods, notMethods, paths, notPaths].some((list) => list.length > 0),
    ) ||
    when.some(({ key }) => key.startsWith('request.'))
  );
}

function principalFaults({ from }: AuthorizationRule, trustDomains: readonly string[]): readonly string[] {
  return from
    .flatMap(({ source }) => source.principals)
    .filter((principal) => !principal.startsWith('*') && !trustDomains.includes(principal.split('/')[0] ?? ''))
    .map((principal) => `${principal} is not in the trust domain ${trustDomains[0] ?? ''}`);
}

function placeFaults(rule: AuthorizationRule, { listeners }: GatewayPods): readonly string[] {
  const ports = rule.to.flatMap(({ operation }) => operation.ports);
  const closed = ports.filter((port) => !listeners.has(Number(port)));
  const names = namesOf(rule);
  const chains = [...listeners.values()]
    .flatMap(({ servers }) => servers)
    .filter(({ server }) => names.some((name) => serverHosts(server).includes(name)));
  const isDead = asksForRequests(rule) && chains.length > 0 && chains.every(({ server }) => !speaksHttp(server));
  const isNarrow = names.length > 0 || rule.to.some(({ operation }) => operation.hosts.length > 0);
  return [
    ...(isNarrow ? [] : ['names neither connection.sni nor hosts, and so applies to every destination of the gateway']),
    ...closed.map((port) => `the pods of the gateway do not listen on port ${port}`),
    ...(isDead ? ['uses attributes of requests, and its filter chains carry none, so that it never matches'] : []),
  ];
}

function missingDefaults({ snapshot, gateways, isOurs }: CheckContext): readonly Flaw[] {
  const open = gateways
    .filter((pods) => !snapshot.authorizationPolicies.some((policy) => isDefaultDeny(policy) && isAbout(policy, pods)))
    .map(({ service }) =>
      flaw(service, '', 'its pods have no default deny: deleting the last ALLOW policy would allow everything'),
    );
  const ours = new Set(
    snapshot.serviceEntries
      .filter(isOurs)
      .map(
        ({ labels, namespace }) =>
          `${labels['istio.io/use-waypoint-namespace'] ?? namespace}/${labels['istio.io/use-waypoint'] ?? ''}`,
      ),
  );
  const waypoints = snapshot.routeGateways
    .filter(({ namespace, name }) => ours.has(`${namespace}/${name}`))
    .filter(
      ({ namespace, name }) =>
        !snapshot.authorizationPolicies.some(
          (policy) =>
            isDefaultDeny(policy) &&
            policy.namespace === namespace &&
            targetsOf(policy).some((target) => target.kind === 'Gateway' && target.name === name),
        ),
    )
    .map((waypoint) => flaw(waypoint, '', 'has no default deny: everybody may use a service without a policy'));
  const sourceless = snapshot.authorizationPolicies
    .filter((policy) => isOurs(policy) && policy.action === 'ALLOW')
    .flatMap((policy) =>
      policy.rules.flatMap(({ from }, index) =>
        from.length > 0
          ? []
          : [
              flaw(
                policy,
                `spec.rules[${index}].from`,
                'names no source, and so allows even clients without a certificate',
              ),
            ],
      ),
    );
  return [...open, ...waypoints, ...sourceless];
}

function isDefaultDeny({ action, rules }: AuthorizationPolicy): boolean {
  return action === 'ALLOW' && rules.length === 0;
}
