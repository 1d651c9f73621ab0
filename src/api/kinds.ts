import type { z } from 'zod';
import { clusterEgressPolicySchema } from './cluster-egress-policy.ts';
import { egressApprovalSchema } from './egress-approval.ts';
import { egressDelegationSchema } from './egress-delegation.ts';
import { egressPolicySchema } from './egress-policy.ts';
import { enforcementPointSchema } from './enforcement-point.ts';
import { externalServiceSchema } from './external-service.ts';
import {
  approvalStatusSchema,
  delegationStatusSchema,
  pointStatusSchema,
  policyStatusSchema,
  serviceStatusSchema,
} from './status.ts';

export type { ClusterEgressPolicy } from './cluster-egress-policy.ts';
export type { EgressApproval } from './egress-approval.ts';
export type { EgressDelegation } from './egress-delegation.ts';
export type { EgressPolicy } from './egress-policy.ts';
export type { EnforcementPoint } from './enforcement-point.ts';
export type { ExternalService } from './external-service.ts';

/** Every kind of ours: its schemas, its plural and short name, and whether it lives in a namespace. */
export const kinds = {
  ExternalService: {
    schema: externalServiceSchema,
    status: serviceStatusSchema,
    plural: 'externalservices',
    shortName: 'exsvc',
    namespaced: false,
  },
  EgressPolicy: {
    schema: egressPolicySchema,
    status: policyStatusSchema,
    plural: 'egresspolicies',
    shortName: 'egp',
    namespaced: true,
  },
  ClusterEgressPolicy: {
    schema: clusterEgressPolicySchema,
    status: policyStatusSchema,
    plural: 'clusteregresspolicies',
    shortName: 'cegp',
    namespaced: false,
  },
  EnforcementPoint: {
    schema: enforcementPointSchema,
    status: pointStatusSchema,
    plural: 'enforcementpoints',
    shortName: 'enfp',
    namespaced: false,
  },
  EgressDelegation: {
    schema: egressDelegationSchema,
    status: delegationStatusSchema,
    plural: 'egressdelegations',
    shortName: 'egd',
    namespaced: false,
  },
  EgressApproval: {
    schema: egressApprovalSchema,
    status: approvalStatusSchema,
    plural: 'egressapprovals',
    shortName: 'ega',
    namespaced: true,
  },
} as const satisfies Record<string, Record<'schema' | 'status', z.ZodType> & Record<string, unknown>>;
export type Kind = keyof typeof kinds;

export function isKind(kind: string): kind is Kind {
  return Object.hasOwn(kinds, kind);
}
