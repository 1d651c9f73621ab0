import { z } from 'zod';
import { hosts, labels, list, maybe, namespaced, text, texts, word } from '../../values/fields.ts';

/* security.istio.io and telemetry.istio.io. */

export const targetRef = z.object({ group: maybe(text), kind: text, name: text, namespace: maybe(text) });
export type TargetRef = z.output<typeof targetRef>;

const selector = maybe(z.object({ matchLabels: labels }));

/** A policy attaches by selector, by `targetRefs`, or (neither) to its whole namespace. */
const attachment = {
  selector,
  targetRef: maybe(targetRef),
  targetRefs: list(targetRef),
};

const source = z.object({
  principals: texts,
  notPrincipals: texts,
  requestPrincipals: texts,
  notRequestPrincipals: texts,
  namespaces: texts,
  notNamespaces: texts,
  serviceAccounts: texts,
  notServiceAccounts: texts,
  ipBlocks: texts,
  notIpBlocks: texts,
  remoteIpBlocks: texts,
  notRemoteIpBlocks: texts,
});
export type Source = z.output<typeof source>;

const operation = z.object({
  hosts,
  notHosts: hosts,
  ports: texts,
  notPorts: texts,
  methods: texts,
  notMethods: texts,
  paths: texts,
  notPaths: texts,
});
export type Operation = z.output<typeof operation>;

const condition = z.object({ key: text, values: texts, notValues: texts });
export type Condition = z.output<typeof condition>;

const rule = z.object({
  from: list(z.object({ source: source.nullish().transform((value) => value ?? source.parse({})) })),
  to: list(z.object({ operation: operation.nullish().transform((value) => value ?? operation.parse({})) })),
  when: list(condition),
});
export type AuthorizationRule = z.output<typeof rule>;

export const authorizationPolicySchema = namespaced(
  'AuthorizationPolicy',
  z.object({
    ...attachment,
    action: word.nullish().transform((value) => value ?? 'ALLOW'),
    rules: list(rule),
    provider: maybe(z.object({ name: maybe(text) })),
  }),
);
export type AuthorizationPolicy = z.output<typeof authorizationPolicySchema>;

export const peerAuthenticationSchema = namespaced(
  'PeerAuthentication',
  z.object({ selector, mtls: maybe(z.object({ mode: maybe(word) })) }),
);
export type PeerAuthentication = z.output<typeof peerAuthenticationSchema>;

export const telemetrySchema = namespaced(
  'Telemetry',
  z.object({
    ...attachment,
    accessLogging: list(z.object({ disabled: maybe(z.boolean()), providers: list(z.object({ name: text })) })),
  }),
);
export type Telemetry = z.output<typeof telemetrySchema>;
