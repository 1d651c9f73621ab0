import type { ObjectKind, ObjectName } from '../../src/adapter/kubernetes-objects.ts';
import { deviceName, type Owner } from '../../src/adapter/owner.ts';
import type { IstioConfig } from './config.ts';

const networking = (kind: string, plural: string): ObjectKind => ({
  kind,
  plural,
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1'],
  namespaced: true,
});

/** What is written, in no order. https://github.com/istio/api/tree/release-1.30/kubernetes */
export const kinds = {
  serviceEntry: networking('ServiceEntry', 'serviceentries'),
  virtualService: networking('VirtualService', 'virtualservices'),
  destinationRule: networking('DestinationRule', 'destinationrules'),
  gateway: networking('Gateway', 'gateways'),
  sidecar: networking('Sidecar', 'sidecars'),
  authorizationPolicy: {
    kind: 'AuthorizationPolicy',
    plural: 'authorizationpolicies',
    group: 'security.istio.io',
    versions: ['v1', 'v1beta1'],
    namespaced: true,
  },
  telemetry: {
    kind: 'Telemetry',
    plural: 'telemetries',
    group: 'telemetry.istio.io',
    versions: ['v1', 'v1alpha1'],
    namespaced: true,
  },
} as const satisfies Readonly<Record<string, ObjectKind>>;

/** What is read only. */
export const read = {
  configMap: { kind: 'ConfigMap', plural: 'configmaps', group: '', versions: ['v1'], namespaced: true },
  service: { kind: 'Service', plural: 'services', group: '', versions: ['v1'], namespaced: true },
  namespace: { kind: 'Namespace', plural: 'namespaces', group: '', versions: ['v1'], namespaced: false },
  pod: { kind: 'Pod', plural: 'pods', group: '', versions: ['v1'], namespaced: true },
  deployment: { kind: 'Deployment', plural: 'deployments', group: 'apps', versions: ['v1'], namespaced: true },
  envoyFilter: {
    kind: 'EnvoyFilter',
    plural: 'envoyfilters',
    group: 'networking.istio.io',
    versions: ['v1alpha3'],
    namespaced: true,
  },
  waypoint: {
    kind: 'Gateway',
    plural: 'gateways',
    group: 'gateway.networking.k8s.io',
    versions: ['v1', 'v1beta1'],
    namespaced: true,
  },
} as const satisfies Readonly<Record<string, ObjectKind>>;

/** Where the mesh of a revision keeps its settings. */
export function settingsName({ rootNamespace, revision }: Pick<IstioConfig, 'rootNamespace' | 'revision'>): ObjectName {
  const suffix = revision === undefined || revision === 'default' ? '' : `-${revision}`;
  return { namespace: rootNamespace, name: `istio${suffix}` };
}

/** Gateways and subsets are DNS labels of at most 63 characters; `-65535` still has to fit behind. */
const limit = 57;

/** One name for all objects of a destination, and for others by what makes them what they are. */
export function objectName(owner: Owner, hint: string, ...identity: readonly string[]): string {
  const readable = hint.replace(/^\*/, 'any').replace(/[^a-z0-9]+/g, '-');
  return deviceName(owner, readable, JSON.stringify(identity), limit);
}
