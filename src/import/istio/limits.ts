import { inside, lost, type Document, type Remark } from '../outcome.ts';
import { isExpressible } from './clients.ts';
import { policySchema, sidecarSchema, specOf, type MeshSettings, type Policy, type PolicyRule } from './objects.ts';
import { isAtGateway } from './gateway-pods.ts';
import { targetsOf } from './waypoint.ts';

/** What of a Sidecar or of an AuthorizationPolicy is less here than there, whatever it meets. */
export function limitsOf(document: Document, all: readonly Document[], settings: MeshSettings): readonly Remark[] {
  if (document.kind.endsWith('/Sidecar')) return limitsOfSidecar(document);
  const spec = document.value['spec'] === undefined ? policySchema.parse({}) : specOf(policySchema, document);
  if (spec === undefined)
    return [lost('spec', 'unreadable', 'cannot be read, so that nothing that passes its proxies is carried over')];
  const isEgress = isAboutEgress(spec, document, all, settings);
  if (isEgress === 'no') return [inside('spec', 'clients of its workloads')];
  if (isEgress === 'unknown') return [placeNotKnown];
  const { action, rules } = spec;
  if (action === 'CUSTOM' || action === 3)
    return [
      lost(
        'spec.action',
        'limit-not-expressible',
        'an external authorizer decides, so nothing that passes its proxies is carried over',
      ),
    ];
  if (action === 'DENY' || action === 1)
    return rules.length === 0
      ? []
      : [
          {
            effect: 'changed',
            severity: 'warning',
            field: 'spec.rules',
            code: 'denies-more',
            message:
              'nothing is carried over for clients that it may deny; where it denies only some accounts of a namespace, this is the whole namespace',
          },
        ];
  if (action === 'AUDIT' || action === 2) return [];
  return rules.flatMap((rule, at) => limitOfRule(rule, `spec.rules[${at}]`, document.namespace, settings));
}

function limitsOfSidecar(document: Document): readonly Remark[] {
  const spec = specOf(sidecarSchema, document);
  if (spec === undefined)
    return [lost('spec', 'unreadable', 'cannot be read, so that nothing is carried over to its namespace')];
  const isSome = (spec.workloadSelector ?? undefined) !== undefined;
  const isSpecial = spec.egress.some(
    ({ port, bind, hosts }) => (port ?? bind ?? undefined) !== undefined || hosts.some((host) => /^~[^/]/.test(host)),
  );
  if (!isSome && !isSpecial) return [];
  return [
    lost(
      'spec',
      'limit-not-expressible',
      'applies to some pods or ports only: its namespace gets what all of its Sidecars import in full',
    ),
  ];
}

/** Is it about what leaves the mesh? By its target, or because it selects pods to which a Gateway is bound. */
function isAboutEgress(spec: Policy, document: Document, all: readonly Document[], settings: MeshSettings) {
  const targets = targetsOf(spec);
  if (targets.length === 0) return isAtGateway(document, all, settings);
  return targets.some(({ kind }) => ['ServiceEntry', 'Gateway', 'GatewayClass'].includes(kind)) ? 'yes' : 'no';
}

const placeNotKnown = lost(
  'spec.selector',
  'place-not-known',
  'it is not known whether it applies to the proxies of an egress gateway: give the Service of the gateway as well (kubectl get service -A -o yaml)',
);

const conditions: Readonly<Record<string, string>> = {
  'source.principal': 'principals',
  'source.namespace': 'namespaces',
  'source.serviceAccount': 'serviceAccounts',
};

function limitOfRule(
  { from, to, when }: PolicyRule,
  field: string,
  namespace: string,
  settings: MeshSettings,
): readonly Remark[] {
  const knows = (key: string, values: readonly string[]): boolean =>
    isExpressible(key, values, { namespace }, settings);
  const isKnown =
    (from ?? []).every(({ source }) => Object.entries(source).every(([key, values]) => knows(key, values))) &&
    (to ?? []).every(({ operation }) =>
      Object.entries(operation).every(
        ([key, values]) =>
          values.length === 0 || key === 'ports' || (key === 'hosts' && values.every((value) => !value.includes('*'))),
      ),
    ) &&
    (when ?? []).every(
      ({ key, values, notValues }) =>
        notValues.length === 0 &&
        (key === 'connection.sni' || key === 'destination.port'
          ? values.every((value) => !value.includes('*'))
          : knows(conditions[key] ?? '', values)),
    );
  if (isKnown) return [];
  const message =
    'only principals, namespaces and serviceAccounts by name, hosts, ports and connection.sni can be expressed: what it permits is not carried over';
  return [lost(field, 'limit-not-expressible', message)];
}
