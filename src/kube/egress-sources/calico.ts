import { z } from 'zod';
import { canonicalCidr } from '../../net/cidr.ts';
import { readBy } from '../kinds/core-kinds.ts';
import { named, type EgressSourceKind } from './kind.ts';

/** The destination of a rule that names none. */
const everyDestination = '0.0.0.0/0';

/** An empty one is none. */
const text = z
  .string()
  .nullish()
  .transform((value) => (value === '' ? undefined : (value ?? undefined)));
const ruleSchema = z
  .object({
    destination: z.object({ cidr: text }).nullish(),
    gateway: z.object({ selector: text, namespaceSelector: text }).nullish(),
  })
  .transform(({ destination, gateway }, context) => {
    const written = destination?.cidr ?? everyDestination;
    const cidr = canonicalCidr(written);
    if (cidr === undefined) {
      context.addIssue({ code: 'custom', path: ['destination', 'cidr'], message: `${written} is not a network` });
      return z.NEVER;
    }
    if (gateway == null) return { destination: cidr };
    const { selector, namespaceSelector } = gateway;
    if (selector === undefined || namespaceSelector === undefined) {
      const message = 'a gateway needs a selector and a namespaceSelector, as Calico asks for both';
      context.addIssue({ code: 'custom', path: ['gateway'], message });
      return z.NEVER;
    }
    return { destination: cidr, gateway: { selector, namespaceSelector } };
  });

const schema = z.object({
  metadata: named,
  spec: z.object({
    rules: z
      .array(ruleSchema)
      .min(1, 'has no rule')
      .refine(
        (rules) => new Set(rules.map(({ destination }) => destination)).size === rules.length,
        'two rules have the same destination: keep one of them',
      ),
  }),
});

/**
 * Calico Enterprise and Cloud. Annotations of pods and namespaces name the policy; a rule without a gateway leads past all of them. What
 * Calico itself refuses is refused here, too. The group in which policies are kept and the one that is served hold the same.
 * https://docs.tigera.io/calico-enterprise/latest/reference/resources/egressgatewaypolicy
 */
export const egressGatewayPolicies: readonly EgressSourceKind[] = (
  [
    ['crd.projectcalico.org', 'v1'],
    ['projectcalico.org', 'v3'],
  ] as const
).map(([group, version]) => ({
  kind: 'EgressGatewayPolicy',
  apiVersion: `${group}/${version}`,
  plural: 'egressgatewaypolicies',
  group,
  read: (input) =>
    readBy(schema, input, ({ metadata: { name }, spec: { rules } }) => ({
      id: `EgressGatewayPolicy.${group}/${name}`,
      takes: [],
      addresses: [],
      gateways: { name, rules },
      object: input,
    })),
}));
