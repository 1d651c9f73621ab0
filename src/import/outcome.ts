import type { z } from 'zod';
import { faultsIn } from '../api/validation-errors.ts';
import type { Finding, Written } from './importer.ts';

/** An object of the input, of one of the kinds that are read. */
export interface Document {
  /** Its place in the input. */
  readonly input: number;
  readonly kind: string;
  /** Empty: it has none. */
  readonly namespace: string;
  readonly name: string;
  /** `NetworkPolicy/shop/web` */
  readonly subject: string;
  readonly value: Readonly<Record<string, unknown>>;
}

export type Remark = Omit<Finding, 'subject' | 'input'>;

/** What became of one object. */
export interface Outcome {
  readonly objects: readonly Written[];
  readonly remarks: readonly Remark[];
}

/** Something of an object that is not here. */
export function lost(field: string, code: Remark['code'], message: string): Remark {
  return { effect: 'lost', severity: 'error', field, code, message };
}

/** The finding for imports of policies that isolate only the pods that they select. @param otherwise what happens to other pods there */
export function podsNotSelected(otherwise: string): Omit<Finding, 'input'> {
  return {
    effect: 'changed',
    severity: 'warning',
    subject: 'pods that no policy selects',
    field: '',
    code: 'not-selected',
    message: `${otherwise}; with Postern they reach nothing until a policy permits it`,
  };
}

/** Something about other pods of the cluster, which the original goes on to decide. */
export function inside(field: string, what: string): Remark {
  const message = `${what} are in the cluster, where Postern does not enforce: keep the original for them`;
  return { effect: 'lost', severity: 'info', field, code: 'within-the-cluster', message };
}

/** Managed clusters have their API server elsewhere. */
export function apiServerOutside(field: string): Remark {
  const message =
    'the API server may be outside of the cluster, at addresses that are not known here: write them, unless it runs in the cluster';
  return { ...lost(field, 'api-server', message), severity: 'warning' };
}

/** What was not of the form that is known: nothing of the object is carried over, since a field that is not known may narrow it. */
export function unreadable(error: z.ZodError, schema: z.ZodType, value: unknown): Outcome {
  const [fault] = faultsIn(error, schema, value);
  const message = `${fault?.message ?? 'cannot be read'}: nothing of this object is carried over, because the unknown part may be a restriction`;
  return { objects: [], remarks: [lost(fault?.field ?? '', 'unreadable', message)] };
}
