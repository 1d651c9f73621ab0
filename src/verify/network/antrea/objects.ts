import { z } from 'zod';
import { host, list, maybe, text, texts } from '../../values/fields.ts';
import { labelSelector } from '../kubernetes/objects.ts';

/* crd.antrea.io. NetworkPolicy and ClusterNetworkPolicy, Group and ClusterGroup are alike but for their scope. */

const block = z.object({ cidr: text, except: texts });
const reference = z.object({ name: text, namespace: maybe(text) });

const peer = z.object({
  ipBlock: maybe(block),
  podSelector: maybe(labelSelector),
  namespaceSelector: maybe(labelSelector),
  namespaces: maybe(z.object({ match: maybe(text), sameLabels: texts })),
  externalEntitySelector: maybe(labelSelector),
  group: maybe(text),
  fqdn: maybe(text),
  serviceAccount: maybe(reference),
  nodeSelector: maybe(labelSelector),
  service: maybe(reference),
  scope: maybe(text),
});
export type AntreaPeer = z.output<typeof peer>;

const port = z.object({
  protocol: maybe(text),
  port: maybe(z.union([z.int(), text])),
  endPort: maybe(z.int()),
  sourcePort: maybe(z.int()),
});
export type AntreaPort = z.output<typeof port>;

const protocol = z.object({
  icmp: maybe(z.object({ icmpType: maybe(z.int()), icmpCode: maybe(z.int()) })),
  igmp: maybe(z.unknown()),
});
export type AntreaProtocol = z.output<typeof protocol>;

const rule = z.object({
  name: maybe(text),
  action: text,
  to: list(peer),
  toServices: list(reference),
  ports: list(port),
  protocols: list(protocol),
  l7Protocols: list(z.object({ tls: maybe(z.object({ sni: maybe(host) })) })),
  appliedTo: list(peer),
});
export type AntreaRule = z.output<typeof rule>;

const metadata = z.object({ name: text, namespace: text.default('') });

export const antreaPolicySchema = z
  .object({
    metadata,
    spec: z.object({
      tier: maybe(text),
      priority: z.number(),
      appliedTo: list(peer),
      egress: list(rule),
      ingress: list(z.unknown()),
    }),
  })
  .transform(({ metadata: { name, namespace }, spec }) => ({ name, namespace, ...spec }));
export type AntreaPolicy = z.output<typeof antreaPolicySchema>;

export const antreaTierSchema = z
  .object({ metadata, spec: z.object({ priority: z.number() }) })
  .transform(({ metadata: { name }, spec: { priority } }) => ({ name, priority }));

export const groupSchema = z
  .object({
    metadata,
    spec: z.object({
      podSelector: maybe(labelSelector),
      namespaceSelector: maybe(labelSelector),
      externalEntitySelector: maybe(labelSelector),
      ipBlock: maybe(block),
      ipBlocks: list(block),
      serviceReference: maybe(reference),
      childGroups: texts,
    }),
  })
  .transform(({ metadata: { name, namespace }, spec }) => ({ name, namespace, ...spec }));
export type Group = z.output<typeof groupSchema>;
