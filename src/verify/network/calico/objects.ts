import { z } from 'zod';
import { labels, list, maybe, text, texts } from '../../values/fields.ts';

/* projectcalico.org/v3, and crd.projectcalico.org/v1, in which its API server keeps the same. */

const protocol = maybe(z.union([z.int(), text]));
const icmp = maybe(z.object({ type: maybe(z.int()), code: maybe(z.int()) }));

const entity = z.object({
  nets: texts,
  notNets: texts,
  selector: maybe(text),
  notSelector: maybe(text),
  namespaceSelector: maybe(text),
  services: maybe(z.object({ name: text, namespace: maybe(text) })),
  ports: list(z.union([z.int(), text])),
  notPorts: list(z.union([z.int(), text])),
  domains: list(text),
  serviceAccounts: maybe(z.object({ names: texts, selector: maybe(text) })),
});
export type Entity = z.output<typeof entity>;

const rule = z.object({
  action: text,
  ipVersion: maybe(z.int()),
  protocol,
  notProtocol: protocol,
  icmp,
  notICMP: icmp,
  source: maybe(entity),
  destination: maybe(entity),
  http: maybe(z.unknown()),
});
export type CalicoRule = z.output<typeof rule>;

const metadata = z.object({ name: text, namespace: text.default(''), labels });

export const calicoPolicySchema = z
  .object({
    metadata,
    spec: z.object({
      tier: maybe(text),
      order: maybe(z.number()),
      selector: text.default(''),
      namespaceSelector: maybe(text),
      serviceAccountSelector: maybe(text),
      types: texts,
      egress: list(rule),
      ingress: list(z.unknown()),
      doNotTrack: maybe(z.boolean()),
      preDNAT: maybe(z.boolean()),
    }),
  })
  .transform(({ metadata: { name, namespace }, spec }) => ({ name, namespace, ...spec }));
export type CalicoPolicy = z.output<typeof calicoPolicySchema>;

export const tierSchema = z
  .object({
    metadata,
    spec: z
      .object({ order: maybe(z.number()), defaultAction: maybe(text) })
      .default({ order: undefined, defaultAction: undefined }),
  })
  .transform(({ metadata: { name }, spec: { order = Infinity, defaultAction = 'Deny' } }) => ({
    name,
    order,
    defaultAction,
  }));
export type Tier = z.output<typeof tierSchema>;

/** Of a set that cannot be read as a whole, the labels that choose it count; its networks are not known. */
export const networkSetSchema = z
  .object({
    metadata,
    spec: z
      .object({ nets: texts, allowedEgressDomains: texts })
      .default({ nets: [], allowedEgressDomains: [] })
      .nullable()
      .catch(null),
  })
  .transform(({ metadata: { name, namespace, labels: own }, spec }) => ({
    name,
    namespace,
    labels: own,
    nets: spec?.nets,
    domains: spec?.allowedEgressDomains ?? [],
  }));
export type NetworkSet = z.output<typeof networkSetSchema>;
