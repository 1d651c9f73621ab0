import { z } from 'zod';
import type { Document } from '../outcome.ts';
import type { Checkpoint } from './authorization.ts';
import { ofKind, policySchema, specOf, type MeshSettings } from './objects.ts';
import { targetsOf } from './waypoint.ts';

/* The pods of a gateway, as far as the selector of its Service tells of them, and what policies are about them. */

const serviceSchema = z.looseObject({
  selector: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.looseObject({ port: z.int(), targetPort: z.union([z.int(), z.string()]).optional() })),
});
const serverSchema = z.looseObject({
  port: z.looseObject({ number: z.int(), protocol: z.string() }),
  hosts: z.array(z.string()),
  tls: z.looseObject({ mode: z.string().optional() }).nullish(),
});
export const gatewaySchema = z.looseObject({
  selector: z.record(z.string(), z.string()).nullish(),
  servers: z.array(serverSchema),
});
export type Server = z.output<typeof serverSchema>;

export interface GatewayService {
  readonly namespace: string;
  readonly host: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: z.output<typeof serviceSchema>['ports'];
}

export function serviceAt(documents: readonly Document[], host: string, own: string): GatewayService | undefined {
  const [name, namespace = own, ...rest] = host.split('.');
  if (!['', 'svc.cluster.local'].includes(rest.join('.')) || (host.includes('.') && rest.length === 0))
    return undefined;
  const found = ofKind(documents, 'Service').find((one) => one.name === name && one.namespace === namespace);
  const spec = found && specOf(serviceSchema, found);
  if (spec === undefined || Object.keys(spec.selector).length === 0) return undefined;
  if (JSON.stringify(found?.value['metadata']).includes('networking.istio.io/exportTo')) return undefined;
  return { namespace, host: `${name}.${namespace}.svc.cluster.local`, selector: spec.selector, ports: spec.ports };
}

export function policiesAt(
  documents: readonly Document[],
  { namespace, selector }: GatewayService,
  { rootNamespace }: MeshSettings,
): Pick<Checkpoint, 'policies' | 'unsure'> {
  const near = ofKind(documents, 'security.istio.io/AuthorizationPolicy').filter((one) =>
    [namespace, rootNamespace].includes(one.namespace),
  );
  const possible = near.filter((document) => fits(labelsOf(document), selector));
  const isSure = (document: Document): boolean =>
    !isTargeted(document) && Object.entries(labelsOf(document)).every(([key, value]) => selector[key] === value);
  return { policies: possible, unsure: possible.find((document) => !isSure(document)) };
}

function labelsOf(policy: Document): Readonly<Record<string, string>> {
  return specOf(policySchema, policy)?.selector?.matchLabels ?? {};
}

function isTargeted(policy: Document): boolean {
  const spec = specOf(policySchema, policy);
  return spec !== undefined && targetsOf(spec).length > 0;
}

/** Could one pod have both, the labels of a selector and those that are known of it? */
export function fits(wanted: Readonly<Record<string, string>>, known: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => (known[key] ?? value) === value);
}

/** Is a policy about the pods of a gateway? `unknown`: of one of which no Service was read. */
export function isAtGateway(
  policy: Document,
  documents: readonly Document[],
  { rootNamespace }: MeshSettings,
): 'yes' | 'no' | 'unknown' {
  const wanted = labelsOf(policy);
  const services = ofKind(documents, 'Service').map((one) => ({
    namespace: one.namespace,
    selector: specOf(serviceSchema, one)?.selector ?? {},
  }));
  const gateways = ofKind(documents, 'networking.istio.io/Gateway').map(
    (one) => specOf(gatewaySchema, one)?.selector ?? {},
  );
  const known = gateways.map((selector) => ({
    selector,
    services: services.filter((service) => fits(selector, service.selector)),
  }));
  const isAt = known
    .flatMap((gateway) => gateway.services)
    .some(({ namespace, selector }) => [namespace, rootNamespace].includes(policy.namespace) && fits(wanted, selector));
  if (isAt) return 'yes';
  return known.some((gateway) => gateway.services.length === 0 && fits(wanted, gateway.selector)) ? 'unknown' : 'no';
}
