import { maxOf } from '../../../core/model/extremes.ts';
import { canonical } from '../../../core/model/json.ts';
import type { Identity } from '../../values/fields.ts';
import { flaw, type CheckContext, type Flaw, type MeshCheck } from './check.ts';

/** Objects that the API server accepts and that Istio refuses, or reads differently. */
export const formChecks: readonly MeshCheck[] = [
  {
    id: 'S01',
    title: 'Every object can be read',
    severity: 'error',
    fix: 'Correct the field, or remove the object.',
    find: ({ snapshot }) =>
      snapshot.unreadable.map(({ id, message }) => flaw({ id }, '', `cannot be read: ${message}`)),
  },
  {
    id: 'S02',
    title: 'Names that Istio puts into other names are DNS labels',
    severity: 'error',
    fix: 'Use at most 63 lower-case letters, digits and inner hyphens.',
    find: badNames,
  },
  {
    id: 'S03',
    title: 'exportTo is present and unambiguous',
    severity: 'error',
    fix: 'List "." and the granted namespaces, or "*" alone.',
    find: badExports,
  },
  {
    id: 'S29',
    title: 'Policies stay below the limits of the API server',
    severity: 'error',
    fix: 'Shard the destination over several gateways, or name fewer sources.',
    find: oversize,
  },
];

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function badNames({ snapshot, isOurs }: CheckContext): readonly Flaw[] {
  const named = [
    ...snapshot.gateways
      .filter((gateway) => isOurs(gateway) && !gateway.ofRoute)
      .flatMap((gateway) => [
        { on: gateway, field: 'metadata.name', name: gateway.name },
        ...gateway.servers.map(({ port }, index) => ({
          on: gateway,
          field: `spec.servers[${index}].port.name`,
          name: port.name ?? '',
        })),
      ]),
    ...snapshot.destinationRules
      .filter(isOurs)
      .flatMap((rule) =>
        rule.subsets.map(({ name }, index) => ({ on: rule, field: `spec.subsets[${index}].name`, name })),
      ),
    ...snapshot.serviceEntries
      .filter(isOurs)
      .flatMap((entry) =>
        entry.ports.map(({ name }, index) => ({ on: entry, field: `spec.ports[${index}].name`, name: name ?? '' })),
      ),
  ];
  return named
    .filter(({ name }) => !dnsLabel.test(name))
    .map(({ on, field, name }) => flaw(on, field, `${JSON.stringify(name)} is not a DNS label`));
}

function badExports({ snapshot, isOurs }: CheckContext): readonly Flaw[] {
  const { serviceEntries, virtualServices, destinationRules } = snapshot;
  // A route of the Gateway API cannot say it.
  const written = virtualServices.filter(({ ofRoute }) => !ofRoute);
  return [...serviceEntries, ...written, ...destinationRules].filter(isOurs).flatMap((object) => {
    const message = faultOfExport(object);
    return message === undefined ? [] : [flaw(object, 'spec.exportTo', message)];
  });
}

function faultOfExport({
  id,
  namespace,
  exportTo,
}: Identity & { readonly exportTo: readonly string[] }): string | undefined {
  if (exportTo.length === 0) return 'is absent, so that the default of the mesh decides which namespaces see it';
  if (exportTo.includes('.') && exportTo.includes(namespace))
    return `names its own namespace twice, as "." and ${namespace}`;
  if (exportTo.includes('*') && exportTo.length > 1) return 'Istio refuses "*" together with other namespaces';
  return exportTo.includes('~') && !id.startsWith('ServiceEntry/') ? '"~" is for ServiceEntries only' : undefined;
}

const largest = 1_000_000;

function oversize({ snapshot, isOurs }: CheckContext): readonly Flaw[] {
  return snapshot.authorizationPolicies.filter(isOurs).flatMap((policy) => {
    const { rules } = policy;
    const widest = Math.max(0, maxOf(rules.map(({ from }) => from.length)));
    if (rules.length > 512)
      return [flaw(policy, 'spec.rules', `has ${rules.length} rules, and at most 512 are accepted`)];
    if (widest > 512)
      return [flaw(policy, 'spec.rules', `one of its rules has ${widest} sources, and at most 512 are accepted`)];
    return canonical(policy).length > largest ? [flaw(policy, '', 'is larger than 1 MB')] : [];
  });
}
