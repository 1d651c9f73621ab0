import { loadAdapter } from '../../adapters/index.ts';
import type { Observed } from '../adapter/adapter.ts';
import type { AssumedFact, Assumption } from '../adapter/assumptions.ts';
import { offlineAdapter, type PointAdapter } from '../adapter/registry.ts';
import type { EnforcementPoint } from '../api/kinds.ts';
import type { Change } from '../core/model/plan.ts';
import { Sessions, type SessionsDeps } from '../worker/sessions/sessions.ts';
import type { Intent } from './intent.ts';
import type { World } from './world.ts';

/** What is on a device, and what it can be told. */
export interface Device extends PointAdapter {
  readonly observed: Observed;
  /** What is assumed of it; absent: it was asked. */
  readonly assumed?: readonly AssumedFact[];
  /** Asks it whether it would carry out changes; absent: it cannot be asked. @throws AdapterError with which it would refuse them */
  readonly rehearse?: (changes: readonly Change[], signal: AbortSignal) => Promise<void>;
}

/** The device of a point. @throws AdapterError when it cannot be reached, or its point is wrong */
export type FindDevice = (point: EnforcementPoint) => Promise<Device>;

/** Connections to the real devices, opened as they are needed, to be closed by the caller. */
export function openSessions(
  { cluster, secrets }: Pick<Intent, 'cluster' | 'secrets'>,
  { clock, signal, progress }: World,
  through: Pick<SessionsDeps, 'around' | 'onRequest' | 'kubernetes'> = {},
): Sessions {
  const around: SessionsDeps['around'] = (point, session) => {
    progress?.(`reading ${point}`);
    return through.around?.(point, session) ?? session;
  };
  return new Sessions({ ...through, around, adapters: loadAdapter, secrets, owner: { cluster }, clock, signal });
}

/** The real devices, which are only asked what they have. */
export function liveDevices(sessions: Sessions): FindDevice {
  return async (point) => {
    const { adapter, session, context } = await sessions.open(point);
    const rehearse = session.rehearse?.bind(session);
    return { adapter, context, observed: await session.observe(), ...(rehearse && { rehearse }) };
  };
}

/** Devices without anything of ours, which are not connected: their facts come from their kind, their status or the command line. */
export function emptyDevices(cluster: string, said: readonly Assumption[] = []): FindDevice {
  return async (point) => ({
    ...(await offlineAdapter(loadAdapter, point, { cluster }, said)),
    observed: { complete: true, resources: [], foreign: [] },
  });
}
