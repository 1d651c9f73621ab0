import { z } from 'zod';
import { clusterScoped, list, maybe, text, texts } from '../../values/fields.ts';
import { looseSelector as labelSelector } from '../kubernetes/objects.ts';

/* cilium.io/v2. Whether a list is absent or empty makes a difference: an empty list of peers is nobody. */

const cidrRule = z.object({
  cidr: maybe(text),
  cidrGroupRef: maybe(text),
  cidrGroupSelector: maybe(labelSelector),
  except: texts,
});
export type CidrRule = z.output<typeof cidrRule>;

const toService = z.object({
  k8sService: maybe(z.object({ serviceName: text, namespace: maybe(text) })),
  k8sServiceSelector: maybe(z.object({ selector: labelSelector, namespace: maybe(text) })),
});
export type ToService = z.output<typeof toService>;

const fqdn = z.object({ matchName: maybe(text), matchPattern: maybe(text) });
export type Fqdn = z.output<typeof fqdn>;

const port = z.object({ port: maybe(text), endPort: maybe(z.int()), protocol: maybe(text) });
export type Port = z.output<typeof port>;

const l7Rules = z.looseObject({ http: maybe(z.array(z.unknown())), dns: maybe(z.array(z.unknown())) });
const portRule = z.object({
  ports: list(port),
  rules: maybe(l7Rules),
  listener: maybe(z.unknown()),
  serverNames: texts,
  terminatingTLS: maybe(z.unknown()),
});
export type PortRule = z.output<typeof portRule>;

const icmpField = z.object({ family: maybe(text), type: z.union([z.int(), text]) });
export type IcmpField = z.output<typeof icmpField>;

const rule = z.object({
  toEndpoints: maybe(z.array(labelSelector)),
  toCIDR: maybe(z.array(text)),
  toCIDRSet: maybe(z.array(cidrRule)),
  toEntities: maybe(z.array(text)),
  toServices: list(toService),
  toFQDNs: list(fqdn),
  toGroups: list(z.unknown()),
  toNodes: maybe(z.array(labelSelector)),
  toPorts: list(portRule),
  icmps: list(z.object({ fields: list(icmpField) })),
  authentication: maybe(z.object({ mode: maybe(text) })),
});
export type EgressRule = z.output<typeof rule>;

export const spec = z.object({
  endpointSelector: maybe(labelSelector),
  nodeSelector: maybe(labelSelector),
  enableDefaultDeny: maybe(z.object({ egress: maybe(z.boolean()) })),
  egress: list(rule),
  egressDeny: list(rule),
  ingress: list(z.unknown()),
  ingressDeny: list(z.unknown()),
});
export type Spec = z.output<typeof spec>;

const metadata = z.object({ name: text, namespace: text.default('') });

/** CiliumNetworkPolicy, and CiliumClusterwideNetworkPolicy, which has no namespace. */
export const ciliumPolicySchema = z
  .object({ metadata, spec: maybe(spec), specs: list(spec) })
  .transform(({ metadata: { name, namespace }, spec: one, specs }) => {
    return { name, namespace, specs: one === undefined ? specs : [one, ...specs] };
  });
export type CiliumPolicy = z.output<typeof ciliumPolicySchema>;

export const cidrGroupSchema = clusterScoped('CiliumCIDRGroup', z.object({ externalCIDRs: texts }));
export type CidrGroup = z.output<typeof cidrGroupSchema>;
