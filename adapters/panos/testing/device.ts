import type { AdapterDeps, LowerContext, Outcome, Session } from '../../../src/adapter/adapter.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { diff } from '../../../src/core/plan/diff.ts';
import { panos } from '../adapter.ts';
import { panosConfigSchema, type PanosConfig } from '../config.ts';
import { startPanos, type PanosOptions, type PanosSimulator } from '../simulator/simulator.ts';

const owner = { cluster: 'east', point: 'edge' };

export interface Connected {
  readonly device: PanosSimulator;
  readonly session: Session;
  readonly context: LowerContext<PanosConfig>;
  /** Batch by batch, without guards; what is pending is polled until it ends. */
  readonly send: (changes: readonly Change[]) => Promise<readonly Outcome[]>;
  /** Brings the device to a desired state by hand. */
  readonly sync: (desired: DesiredState) => Promise<readonly Outcome[]>;
  readonly plan: (desired: DesiredState) => Promise<readonly Change[]>;
  /** As another process would have it, after its config was changed by this. */
  readonly another: (changed?: Setting['config']) => Promise<Session>;
}

export interface Setting {
  readonly options?: Partial<PanosOptions>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly secret?: Readonly<Record<string, string>>;
  readonly now?: () => number;
}

/** A device, and a probed session with it; the device is closed when it cannot be had. */
export async function connected({ options = {}, config = {}, secret = {}, now }: Setting = {}): Promise<Connected> {
  const device = await startPanos({ port: 0, ...(now && { now }), ...options });
  const { username = '', apiKey = '' } = device.credentials;
  const deps: AdapterDeps = {
    point: 'edge',
    secret: { username, apiKey, 'ca.crt': device.ca, ...secret },
    owner,
    clock: { now: now ?? (() => 0), elapsed: now ?? (() => 0), sleep: () => Promise.resolve() },
    signal: new AbortController().signal,
  };
  const parsed = panosConfigSchema.parse({ ...device.config, ...config });
  const another = async (changed: Setting['config'] = {}): Promise<Session> =>
    panos.connect(panosConfigSchema.parse({ ...parsed, ...changed }), deps);
  const opened = async (): Promise<readonly [Session, LowerContext<PanosConfig>]> => {
    const session = await another();
    return [session, { config: parsed, owner, capabilities: await session.probe() }];
  };
  const [session, context] = await opened().catch(async (error: unknown) => {
    await device.close();
    throw error;
  });
  const ended = async (outcomes: readonly Outcome[]): Promise<readonly Outcome[]> => {
    const [pending] = outcomes.flatMap((outcome) => (outcome.result === 'pending' ? [outcome] : []));
    return pending === undefined ? outcomes : ended(await session.poll(pending.handle));
  };
  const send = async (changes: readonly Change[]): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = [];
    for (const batch of panos.batch(changes, context))
      for (const outcome of await ended(await session.send(batch, new AbortController().signal)))
        outcomes.push(outcome);
    return outcomes;
  };
  const plan = async (desired: DesiredState): Promise<readonly Change[]> =>
    diff(panos.lower(desired, context).resources, (await session.observe()).resources).changes;
  return { device, session, context, another, send, plan, sync: async (desired) => send(await plan(desired)) };
}
