import type { AdapterDeps, LowerContext, Outcome, Session } from '../../../src/adapter/adapter.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { diff } from '../../../src/core/plan/diff.ts';
import { fortigate } from '../adapter.ts';
import { fortigateConfigSchema, type FortigateConfig } from '../config.ts';
import { startFortigate, type FortigateOptions, type FortigateSimulator } from '../simulator/simulator.ts';

const owner = { cluster: 'east' };

export interface Connected {
  readonly device: FortigateSimulator;
  readonly session: Session;
  readonly context: LowerContext<FortigateConfig>;
  readonly send: (changes: readonly Change[]) => Promise<readonly Outcome[]>;
  /** Brings the device to a desired state by hand, without guards. */
  readonly sync: (desired: DesiredState) => Promise<readonly Outcome[]>;
  /** Another session, which has not read the device. */
  readonly again: () => Promise<Session>;
  readonly plan: (desired: DesiredState) => Promise<readonly Change[]>;
  /** Milliseconds that the session has slept, each time. */
  readonly slept: readonly number[];
}

export interface Setting {
  readonly options?: Partial<FortigateOptions>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly secret?: Readonly<Record<string, string>>;
}

/** A device, and a probed session with it; the device is closed when it cannot be had. */
export async function connected({ options = {}, config = {}, secret = {} }: Setting = {}): Promise<Connected> {
  const device = await startFortigate({ port: 0, ...options });
  const slept: number[] = [];
  const deps: AdapterDeps = {
    point: 'edge',
    secret: { ...device.credentials, 'ca.crt': device.ca, ...secret },
    owner,
    clock: { now: () => 0, elapsed: () => 0, sleep: (ms) => Promise.resolve(void slept.push(ms)) },
    signal: new AbortController().signal,
  };
  const parsed = fortigateConfigSchema.parse({ url: device.url, carrier: 'objects', ...config });
  const session = await fortigate.connect(parsed, deps);
  const capabilities = await session.probe().catch(async (error: unknown) => {
    await device.close();
    throw error;
  });
  const context = { config: parsed, owner, capabilities };
  const send = async (changes: readonly Change[]): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = [];
    for (const batch of fortigate.batch(changes, context)) {
      for (const outcome of await session.send(batch, new AbortController().signal)) outcomes.push(outcome);
    }
    return outcomes;
  };
  const plan = async (desired: DesiredState): Promise<readonly Change[]> =>
    diff(fortigate.lower(desired, context).resources, (await session.observe()).resources).changes;
  const again = (): Promise<Session> => fortigate.connect(parsed, deps);
  return { device, session, context, send, again, plan, sync: async (desired) => send(await plan(desired)), slept };
}
