import { UsageError } from '../core/model/usage-error.ts';
import type { GateTimeout } from '../core/status/gate.ts';
import type { Environment } from './environment.ts';

/*
 * What the command line and the environment say together: the command line first.
 */

/** @throws UsageError when nothing says which cluster this is */
export function clusterOf({ cluster }: { readonly cluster?: string }, environment: Environment): string {
  const id = cluster ?? environment.cluster;
  if (id !== undefined) return id;
  throw new UsageError(
    'the name of the cluster is missing: give --cluster or set POSTERN_CLUSTER; it is in the mark of every object on a device',
  );
}

/** Where the audit record is kept unless something says otherwise, in the working directory. */
export const defaultAuditDir = 'postern-audit';

export interface PodGateOptions {
  readonly podGate?: true;
  /** Milliseconds. */
  readonly podGateTimeout?: number;
  readonly podGateOnTimeout?: GateTimeout['then'];
}

/** Undefined unless asked for. */
export function podGateOf({ podGate, podGateTimeout, podGateOnTimeout }: PodGateOptions): GateTimeout | undefined {
  return podGate && { afterMs: podGateTimeout ?? 60_000, then: podGateOnTimeout ?? 'Closed' };
}
