import { z } from 'zod';
import { containsCidr } from '../../../net/cidr.ts';
import { networkOf } from '../../values/networks.ts';
import { isValidSelector } from '../../values/selector.ts';
import { labels, list, maybe, namespaced, portNumber, text, texts } from '../../values/fields.ts';

/* networking.k8s.io/v1. */

const operator = z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']);
/** One whose keys need not be those of Kubernetes. */
export const looseSelector = z.object({
  matchLabels: labels,
  matchExpressions: list(z.object({ key: text, operator, values: texts })),
});
export const labelSelector = looseSelector.refine(isValidSelector, 'is no label selector that the API server takes');
/** As absent selectors of peers and subjects are read: every object. */
export const everything: Selector = { matchLabels: {}, matchExpressions: [] };
export type Selector = z.output<typeof labelSelector>;

/* What the API server refuses means nothing, and is no guess of ours: https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/networking/validation/validation.go */

const block = z
  .object({ cidr: text, except: texts })
  .refine(
    ({ cidr }) => cidr.includes('/') && networkOf(cidr) !== undefined,
    'the API server takes a cidr as 192.0.2.0/24 or 2001:db8::/32',
  )
  .refine(
    ({ cidr, except }) => except.every((part) => isWithin(part, cidr)),
    'the API server takes in except only what is within cidr and smaller',
  );

function isWithin(part: string, whole: string): boolean {
  const [inner, outer] = [networkOf(part), networkOf(whole)];
  if (inner === undefined || outer === undefined || !part.includes('/')) return false;
  return inner.prefix > outer.prefix && containsCidr(outer, inner);
}

const peer = z
  .object({
    ipBlock: maybe(block),
    namespaceSelector: maybe(labelSelector),
    podSelector: maybe(labelSelector),
  })
  .refine(
    ({ ipBlock, namespaceSelector, podSelector }) => (ipBlock === undefined) !== !(namespaceSelector ?? podSelector),
    'the API server takes either an ipBlock or selectors',
  );
export type Peer = z.output<typeof peer>;

/** As IANA has names of services: https://www.rfc-editor.org/rfc/rfc6335#section-5.1 */
const portName = text.regex(
  /^(?=.{1,15}$)(?=.*[a-z])(?!.*--)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/,
  'is no name of a port, which has a letter (a number is written without quotes)',
);

const policyPort = z
  .object({
    port: maybe(z.union([portNumber.min(1), portName])),
    endPort: maybe(portNumber.min(1)),
    protocol: maybe(z.enum(['TCP', 'UDP', 'SCTP'])),
  })
  .refine(
    ({ port, endPort }) => endPort === undefined || (typeof port === 'number' && port <= endPort),
    'the API server takes an endPort only with a port that is a number and not above it',
  );
export type PolicyPort = z.output<typeof policyPort>;

const policyType = z.enum(['Ingress', 'Egress']);

/** Defaulted as the API server does: without `policyTypes` it is about ingress, and about egress if it has rules of it. */
const spec = z
  .object({
    podSelector: labelSelector.nullish().transform((value) => value ?? everything),
    policyTypes: list(policyType),
    egress: list(z.object({ to: list(peer), ports: list(policyPort) })),
    ingress: list(z.object({ from: list(peer), ports: list(policyPort) })),
  })
  .transform((given) => {
    const implied: readonly z.output<typeof policyType>[] =
      given.egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
    return { ...given, policyTypes: given.policyTypes.length > 0 ? given.policyTypes : implied };
  });

export const networkPolicySchema = namespaced('NetworkPolicy', spec);
export type NetworkPolicy = z.output<typeof networkPolicySchema>;
