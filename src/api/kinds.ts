import { clusterEgressPolicySchema } from './cluster-egress-policy.ts';
import { egressPolicySchema } from './egress-policy.ts';
import { enforcementPointSchema } from './enforcement-point.ts';
import { externalServiceSchema } from './external-service.ts';
import { pointStatusSchema, policyStatusSchema, serviceStatusSchema } from './status.ts';
import { age, expires, owner, points, ready, reason, type Column } from './printer-columns.ts';

export type { ClusterEgressPolicy } from './cluster-egress-policy.ts';
export type { EgressPolicy } from './egress-policy.ts';
export type { EnforcementPoint } from './enforcement-point.ts';
export type { ExternalService } from './external-service.ts';

/** Every kind of ours: its schemas, its plural and short name, whether it lives in a namespace, and what `kubectl get` shows. */
export const kinds = {
  ExternalService: {
    schema: externalServiceSchema,
    status: serviceStatusSchema,
    plural: 'externalservices',
    shortName: 'exsvc',
    namespaced: false,
    columns: [
      { name: 'Names', type: 'string', jsonPath: '.spec.domainNames', description: 'Its domain names.', wide: true },
      { name: 'Networks', type: 'string', jsonPath: '.spec.networks', description: 'Its networks.', wide: true },
      ready,
      { name: 'Policies', type: 'integer', jsonPath: '.status.policies', description: 'Policies that refer to it.' },
      points,
      expires,
      owner,
      reason,
      age,
    ],
  },
  EgressPolicy: {
    schema: egressPolicySchema,
    status: policyStatusSchema,
    plural: 'egresspolicies',
    shortName: 'egp',
    namespaced: true,
    columns: [
      { name: 'Action', type: 'string', jsonPath: '.spec.action', description: 'What happens to matching flows.' },
      ready,
      points,
      expires,
      owner,
      reason,
      age,
    ],
  },
  ClusterEgressPolicy: {
    schema: clusterEgressPolicySchema,
    status: policyStatusSchema,
    plural: 'clusteregresspolicies',
    shortName: 'cegp',
    namespaced: false,
    columns: [
      { name: 'Tier', type: 'string', jsonPath: '.spec.tier', description: 'Before or after the namespaced policies.' },
      { name: 'Priority', type: 'integer', jsonPath: '.spec.priority', description: 'Lower is asked first.' },
      ready,
      points,
      expires,
      owner,
      reason,
      age,
    ],
  },
  EnforcementPoint: {
    schema: enforcementPointSchema,
    status: pointStatusSchema,
    plural: 'enforcementpoints',
    shortName: 'enfp',
    namespaced: false,
    columns: [
      { name: 'Adapter', type: 'string', jsonPath: '.spec.adapter', description: 'Kind of device.' },
      { name: 'Mode', type: 'string', jsonPath: '.spec.mode', description: 'Observe touches nothing.' },
      ready,
      { name: 'Rules', type: 'integer', jsonPath: '.status.rules', description: 'Rules in force.' },
      { name: 'Addresses', type: 'integer', jsonPath: '.status.addresses', description: 'Source addresses in force.' },
      { name: 'Synced', type: 'date', jsonPath: '.status.lastSyncTime', description: 'Since the last read-back.' },
      { name: 'Vantage', type: 'string', jsonPath: '.spec.vantage.type', description: 'What it sees.', wide: true },
      reason,
      age,
    ],
  },
} as const satisfies Record<string, { readonly columns: readonly Column[] } & Record<string, unknown>>;
export type Kind = keyof typeof kinds;
