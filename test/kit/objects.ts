import { stringify } from 'yaml';
import { apiVersion } from '../../src/api/meta.ts';

/* Objects as people hand them to Postern in files. */

/** What one needs to know of a simulated firewall to log in. */
interface Appliance {
  readonly url: string;
  readonly ca: string;
  readonly credentials: Readonly<Record<string, string>>;
}

/** The Secret `edge`, which has what the point of that name logs in with. */
export function secretObject({ credentials, ca }: Omit<Appliance, 'url'>): object {
  const metadata = { name: 'edge', namespace: 'postern-system' };
  return { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { ...credentials, 'ca.crt': ca } };
}

/** The point `edge`, which enforces. */
export function pointObject(adapter: string, config: object, more: object = {}): object {
  const spec = { adapter, mode: 'Enforce', secretRef: { name: 'edge' }, config, ...more };
  return { apiVersion, kind: 'EnforcementPoint', metadata: { name: 'edge' }, spec };
}

/** A running pod of the namespace `shop`, labelled `app` with its name. */
export function podObject(name: string, address: string): object {
  const metadata = { name, namespace: 'shop', labels: { app: name } };
  const status = { phase: 'Running', podIPs: [{ ip: address }] };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: {}, status };
}

/** The policy `web` of the namespace `shop`, by which the subject may reach TCP 443 of 203.0.113.0/24. */
export function policyObject(subject: object = { allPods: true }): object {
  const to = [{ networks: ['203.0.113.0/24'], ports: [{ port: 443 }] }];
  return { apiVersion, kind: 'EgressPolicy', metadata: { name: 'web', namespace: 'shop' }, spec: { subject, to } };
}

/** One file of these. */
export const asYaml = (objects: readonly object[]): string => objects.map((object) => stringify(object)).join('---\n');
