import { z } from 'zod';
import type { LabelSelector } from '../../api/fields/selector.ts';
import type { EgressSource, EgressSubject } from '../../core/model/snapshot.ts';
import { canonicalAddress } from '../../net/address.ts';
import type { ReadResult } from '../kinds/core-kinds.ts';

/** A kind whose objects give pods other addresses on their way out, cluster-scoped like all of them. */
export interface EgressSourceKind {
  readonly kind: string;
  readonly apiVersion: string;
  readonly plural: string;
  /** A part of the id of each object where two groups have the kind, `EgressGatewayPolicy.projectcalico.org/out`. */
  readonly group?: string;
  readonly read: (input: unknown) => ReadResult<EgressSource>;
}

export const named = z.object({ name: z.string().min(1) });

export const addressSchema = z
  .string()
  .refine((text) => canonicalAddress(text) !== undefined, 'must be an IPv4 or IPv6 address');

/** As the API server takes it; what it says is checked where it is used. */
export const selectorSchema = z
  .object({
    matchLabels: z.record(z.string(), z.string()).nullish(),
    matchExpressions: z
      .array(
        z.object({
          key: z.string(),
          operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
          values: z.array(z.string()).nullish(),
        }),
      )
      .nullish(),
  })
  .nullish()
  .transform((selector): LabelSelector | undefined => {
    if (!selector) return undefined;
    const { matchLabels, matchExpressions } = selector;
    return {
      ...(matchLabels && { matchLabels }),
      ...(matchExpressions && {
        matchExpressions: matchExpressions.map(({ values, ...one }) => ({ ...one, ...(values && { values }) })),
      }),
    };
  });

export function subjectOf(given: {
  readonly namespaceSelector?: LabelSelector | undefined;
  readonly podSelector?: LabelSelector | undefined;
}): EgressSubject {
  const { namespaceSelector, podSelector } = given;
  return { ...(namespaceSelector && { namespaceSelector }), ...(podSelector && { podSelector }) };
}

/** Canonical, each once. */
export function addressesOf(texts: readonly (string | null | undefined)[]): readonly string[] {
  return [...new Set(texts.flatMap((text) => (text ? (canonicalAddress(text) ?? []) : [])))];
}
