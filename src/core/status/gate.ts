import type { ConditionReasons } from '../../api/condition-reasons.ts';

/** What a pod waits for at one enforcement point: that this publication, which knows its addresses, is read back. */
export interface GateNeed {
  readonly point: string;
  readonly version: number;
}

export interface GateTimeout {
  readonly afterMs: number;
  /** Let the pod become ready all the same, or keep it waiting. */
  readonly then: 'Open' | 'Closed';
}

/** What to write into the pod's condition. */
export interface GateVerdict {
  readonly status: 'True' | 'False';
  readonly reason: ConditionReasons['postern.dev/perimeter'];
  readonly message: string;
}

/**
 * Opens once everything that the pod needs has been read back. Undefined: it waits, and there is nothing to say yet.
 *
 * @param readBack the newest publication that was read back from a point; 0 when none was
 */
export function judgeGate(
  needs: readonly GateNeed[],
  readBack: (point: string) => number,
  waitedMs: number,
  timeout: GateTimeout,
): GateVerdict | undefined {
  const missing = needs.filter(({ point, version }) => readBack(point) < version);
  if (missing.length === 0) return { status: 'True', ...whyOpen(needs) };
  if (waitedMs < timeout.afterMs) return undefined;
  const late = `not live on ${listOf(missing)} after ${Math.round(timeout.afterMs / 1000)} s`;
  return timeout.then === 'Open'
    ? { status: 'True', reason: 'TimedOut', message: `Let through although ${late}; its connections may be refused.` }
    : { status: 'False', reason: 'TimedOut', message: `Still ${late}; look at the status of these points.` };
}

function whyOpen(needs: readonly GateNeed[]): Omit<GateVerdict, 'status'> {
  return needs.length === 0
    ? { reason: 'NotCovered', message: 'No enforcement point in mode Enforce covers its namespace.' }
    : { reason: 'Live', message: `Its addresses are live on ${listOf(needs)}.` };
}

function listOf(needs: readonly GateNeed[]): string {
  return needs
    .map(({ point }) => point)
    .sort()
    .join(', ');
}
