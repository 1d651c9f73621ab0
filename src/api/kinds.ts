import { clusterEgressPolicySchema } from './cluster-egress-policy.ts';
import { egressPolicySchema } from './egress-policy.ts';
import { enforcementPointSchema } from './enforcement-point.ts';
import { externalServiceSchema } from './external-service.ts';

export type { ClusterEgressPolicy } from './cluster-egress-policy.ts';
export type { EgressPolicy } from './egress-policy.ts';
export type { EnforcementPoint } from './enforcement-point.ts';
export type { ExternalService } from './external-service.ts';

/** Every kind of ours: its schema, its plural and short name, and whether it lives in a namespace. */
export const kinds = {
  ExternalService: { schema: externalServiceSchema, plural: 'externalservices', shortName: 'exsvc', namespaced: false },
  EgressPolicy: { schema: egressPolicySchema, plural: 'egresspolicies', shortName: 'egp', namespaced: true },
  ClusterEgressPolicy: {
    schema: clusterEgressPolicySchema,
    plural: 'clusteregresspolicies',
    shortName: 'cegp',
    namespaced: false,
  },
  EnforcementPoint: { schema: enforcementPointSchema, plural: 'enforcementpoints', shortName: 'ep', namespaced: false },
} as const;
export type Kind = keyof typeof kinds;
