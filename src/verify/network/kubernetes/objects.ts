import { z } from 'zod';
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

const peer = z.object({
  ipBlock: maybe(z.object({ cidr: text, except: texts })),
  namespaceSelector: maybe(labelSelector),
  podSelector: maybe(labelSelector),
});
export type Peer = z.output<typeof peer>;

const policyPort = z.object({
  port: maybe(z.union([portNumber, text])),
  endPort: maybe(portNumber),
  protocol: maybe(text),
});
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
