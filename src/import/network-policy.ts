import { z } from 'zod';
import type { Port } from '../api/fields/destination.ts';
import { importing } from './documents.ts';
import { inside, lost, podsNotSelected, unreadable, type Document, type Outcome, type Remark } from './outcome.ts';
import { networkWithout, wholeProtocol, type Reach } from './reach.ts';
import { everywhere } from '../net/cidr.ts';
import { selectorFrom, selectorSchema } from './selector.ts';
import { writePolicies } from './write.ts';

/* https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/ */

const portSchema = z.strictObject({
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).default('TCP'),
  port: z.union([z.int(), z.string()]).optional(),
  endPort: z.int().optional(),
});

const peerSchema = z.strictObject({
  ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).optional() }).optional(),
  podSelector: selectorSchema.optional(),
  namespaceSelector: selectorSchema.optional(),
});

const ruleSchema = z.strictObject({ to: z.array(peerSchema).optional(), ports: z.array(portSchema).optional() });
type Rule = z.output<typeof ruleSchema>;

const policySchema = z.looseObject({
  spec: z.looseObject({
    podSelector: selectorSchema.default({}),
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])).optional(),
    egress: z.array(ruleSchema).optional(),
  }),
});

/** Egress rules of NetworkPolicies, as far as they lead out of the cluster. */
export const importNetworkPolicies = importing({
  kinds: ['networking.k8s.io/NetworkPolicy'],
  read: () => read,
  about: [podsNotSelected('NetworkPolicy lets them out to everywhere')],
});

function read(document: Document): Outcome {
  const value = withoutNull(document.value);
  const { data, error } = policySchema.safeParse(value);
  if (data === undefined) return unreadable(error, policySchema, value);
  const { podSelector, egress = [], policyTypes = [] } = data.spec;
  if (!(policyTypes.length > 0 ? policyTypes.includes('Egress') : egress.length > 0))
    return { objects: [], remarks: [] };
  if (document.namespace === '') return { objects: [], remarks: [namespaceMissing] };
  const rules = egress.map((rule, at) => reachOf(rule, `spec.egress[${at}]`));
  const reach = rules.flatMap((rule) => rule.reach);
  const subject = { podSelector: selectorFrom(podSelector) };
  const { namespace, name } = document;
  return {
    objects: reach.length === 0 ? [] : writePolicies(document, name, { namespace, subject, action: 'Accept', reach }),
    remarks: [...rules.flatMap(({ remarks }) => remarks), ...(egress.length === 0 ? [deniesAll] : [])],
  };
}

/**
 * To the API server a field that is null is absent, and the value of a label the empty text; a policy without
 * `spec.podSelector` is about every pod.
 *
 * @param within the field that the value is in
 */
function withoutNull(value: unknown, within = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNull(item, within));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      if (item !== null) return [[key, withoutNull(item, key)]];
      return within === 'matchLabels' ? [[key, '']] : [];
    }),
  );
}

export const namespaceMissing = lost('metadata.namespace', 'no-namespace', 'set its namespace, and import again');

const deniesAll: Remark = {
  effect: 'carried',
  severity: 'info',
  field: 'spec.egress',
  code: 'denied-by-default',
  message: 'lets nothing out, which is the default of an enforcement point',
};

interface ReadRule {
  readonly reach: readonly Reach[];
  readonly remarks: readonly Remark[];
}

function reachOf({ to, ports = [] }: Rule, field: string): ReadRule {
  const peers = to ?? [];
  const blocks = peers.flatMap(({ ipBlock }) => ipBlock ?? []);
  const networks =
    peers.length === 0 ? everywhere : blocks.flatMap(({ cidr, except = [] }) => networkWithout(cidr, except) ?? []);
  const isBad = blocks.some(({ cidr, except = [] }) => networkWithout(cidr, except) === undefined);
  const remarks = [
    ...(isBad ? [lost(`${field}.to`, 'bad-network', 'a block is no network in CIDR notation: correct it')] : []),
    ...(blocks.length < peers.length ? [inside(`${field}.to`, 'pods and namespaces')] : []),
  ];
  if (networks.length === 0) return { reach: [], remarks };
  const through = ports.map((port) => portsOf(port));
  const own = through.flatMap((one) => one ?? []);
  const portRemarks = through.includes(undefined)
    ? [
        lost(
          `${field}.ports`,
          'port-not-expressible',
          'SCTP, ports by name, which only pods have, and an endPort without its port: not carried over',
        ),
      ]
    : [];
  const reach = ports.length > 0 && own.length === 0 ? [] : [{ networks, ports: own }];
  return { reach, remarks: [...remarks, ...portRemarks] };
}

function portsOf({ protocol, port, endPort }: z.output<typeof portSchema>): readonly Port[] | undefined {
  if (protocol === 'SCTP' || typeof port === 'string' || (port === undefined && endPort !== undefined))
    return undefined;
  if (port === undefined) return [wholeProtocol(protocol)];
  return [{ port, protocol, ...(endPort !== undefined && { endPort }) }];
}
