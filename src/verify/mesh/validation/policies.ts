import type { AuthorizationPolicy, AuthorizationRule, Source } from '../objects/security.ts';
import { targetsOf } from '../proxies/authorization.ts';
import { faults, isAddressOrNetwork, type Fault } from './fault.ts';

export function policyFaults(policy: AuthorizationPolicy): readonly Fault[] {
  const { action, rules, selector, provider } = policy;
  const hasRules = rules.length > 0;
  const attached = [selector !== undefined, policy.targetRef !== undefined, policy.targetRefs.length > 0];
  const isCustom = action === 'CUSTOM';
  return [
    ...faults(
      [attached.filter(Boolean).length > 1, 'spec.selector', 'stands beside a targetRef'],
      [
        targetsOf(policy).some(({ namespace }) => (namespace ?? '') !== '' && namespace !== policy.namespace),
        'spec.targetRefs',
        'names another namespace',
      ],
      [action === 'DENY' && !hasRules, 'spec.rules', 'is missing, and DENY without rules denies nothing'],
      [isCustom && !hasRules, 'spec.rules', 'is missing, and CUSTOM without rules calls no authorizer'],
      [isCustom && hasRules && (provider?.name ?? '') === '', 'spec.provider', 'is missing, and CUSTOM needs one'],
      [!isCustom && provider !== undefined, 'spec.provider', `is for CUSTOM, and not for ${action}`],
    ),
    ...rules.flatMap((rule, at) => ruleFaults(rule, `spec.rules[${at}]`)),
  ];
}

function ruleFaults({ from, to, when }: AuthorizationRule, field: string): readonly Fault[] {
  const sources = from.map(({ source }) => source);
  const ports = to.flatMap(({ operation }) => [...operation.ports, ...operation.notPorts]);
  const badPort = ports.find((port) => !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535));
  const empty = when.find(({ values, notValues }) => values.length + notValues.length === 0);
  return [
    ...faults(
      [sources.some(isEmpty), `${field}.from`, 'has a source that says nothing'],
      [to.some(({ operation }) => isEmpty(operation)), `${field}.to`, 'has an operation that says nothing'],
      [badPort !== undefined, `${field}.to`, `has ${JSON.stringify(badPort)}, which is no port`],
      [empty !== undefined, `${field}.when`, `asks for no value of ${empty?.key ?? ''}`],
      [when.some(({ key }) => key === ''), `${field}.when`, 'needs a key'],
    ),
    ...sources.flatMap((source) => sourceFaults(source, `${field}.from`)),
  ];
}

function sourceFaults(source: Source, field: string): readonly Fault[] {
  const blocks = [source.ipBlocks, source.notIpBlocks, source.remoteIpBlocks, source.notRemoteIpBlocks].flat();
  const bad = blocks.find((block) => !isAddressOrNetwork(block));
  const { principals, notPrincipals, namespaces, notNamespaces, serviceAccounts, notServiceAccounts } = source;
  const hasNames = [principals, notPrincipals, namespaces, notNamespaces].some((list) => list.length > 0);
  return faults(
    [bad !== undefined, field, `has ${JSON.stringify(bad)}, which is no address`],
    [Object.values(source).some((list) => list.includes('')), field, 'has an empty value'],
    [
      hasNames && serviceAccounts.length + notServiceAccounts.length > 0,
      field,
      'has serviceAccounts beside principals or namespaces',
    ],
  );
}

function isEmpty(lists: Readonly<Record<string, readonly string[]>>): boolean {
  return Object.values(lists).every((list) => list.length === 0);
}
