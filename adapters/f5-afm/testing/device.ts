import { onTestFinished } from 'vitest';
import { isObject } from '../../../kit/common/api/json.ts';
import type { AdapterDeps, LowerContext, Outcome, Session } from '../../../src/adapter/adapter.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { DesiredState, Rule } from '../../../src/core/model/desired.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { diff } from '../../../src/core/plan/diff.ts';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import { f5Afm } from '../adapter.ts';
import { f5AfmConfigSchema, type F5AfmConfig } from '../config.ts';
import { ruleListName, tables } from '../objects/names.ts';
import { nameResolver, startF5Afm, type F5AfmOptions, type F5AfmSimulator } from '../simulator/simulator.ts';

/* A device as its administrator prepares it for us, and a session with it. */

export const owner = { cluster: 'east' };

/** Our partition, and a resolver by which the device knows names. */
export function prepare(simulator: F5AfmSimulator): void {
  simulator.administer('POST', '/mgmt/tm/auth/partition', { name: 'postern' });
  nameResolver((method, path, body) => simulator.administer(method, path, body));
}

/** The collection, or one object or its rules, as the device has them. */
export function rowsAt(simulator: F5AfmSimulator, path: string): readonly JsonObject[] {
  const answer: Json | undefined = simulator.administer('GET', `/mgmt/tm/${path}`);
  const items = isObject(answer) ? answer['items'] : undefined;
  return Array.isArray(items) ? (items as readonly JsonObject[]) : [];
}

export const rulesPath = `${tables.ruleList}/~postern~${ruleListName(owner)}/rules`;

/** It can be asked beforehand, and counts hits. */
export type F5AfmSession = Session & Required<Pick<Session, 'rehearse' | 'evidence'>>;

export interface Connected {
  readonly device: F5AfmSimulator;
  readonly session: F5AfmSession;
  readonly context: LowerContext<F5AfmConfig>;
  readonly send: (changes: readonly Change[]) => Promise<readonly Outcome[]>;
  /** Brings the device to a desired state by hand, without guards. */
  readonly sync: (desired: DesiredState) => Promise<readonly Outcome[]>;
  readonly plan: (desired: DesiredState) => Promise<readonly Change[]>;
}

/** Time that stands still unless a test moves it, for the device and for us. */
export class StillClock {
  ms = Date.UTC(2026, 0, 1);
  readonly now = (): number => this.ms;
  readonly elapsed = (): number => this.ms;
  readonly sleep = (): Promise<void> => Promise.resolve();
}

interface Setting {
  readonly options?: Partial<F5AfmOptions>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly clock?: StillClock;
  /** What the administrator does before we come. */
  readonly before?: (device: F5AfmSimulator) => void;
}

/** A prepared device without a connection. */
export async function startDevice({
  options = {},
  clock = new StillClock(),
  before,
}: Setting): Promise<F5AfmSimulator> {
  const device = await startF5Afm({ port: 0, now: clock.now, ...options });
  prepare(device);
  before?.(device);
  return device;
}

export async function openSession(
  device: F5AfmSimulator,
  { config = {}, clock = new StillClock() }: Setting = {},
): Promise<{ readonly session: F5AfmSession; readonly config: F5AfmConfig }> {
  const secret = { ...device.credentials, 'ca.crt': device.ca };
  const deps: AdapterDeps = { point: 'edge', secret, owner, clock, signal: new AbortController().signal };
  const parsed = f5AfmConfigSchema.parse({ url: device.url, ...config });
  const session = await f5Afm.connect(parsed, deps);
  return { session: session as F5AfmSession, config: parsed };
}

export async function connect(setting: Setting = {}): Promise<Connected> {
  const clock = setting.clock ?? new StillClock();
  const device = await startDevice({ ...setting, clock });
  const { session, config } = await openSession(device, { ...setting, clock });
  const context = { config, owner, capabilities: await session.probe() };
  const send = async (changes: readonly Change[]): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = [];
    for (const batch of f5Afm.batch(changes, context)) {
      for (const outcome of await session.send(batch, new AbortController().signal)) outcomes.push(outcome);
    }
    return outcomes;
  };
  const plan = async (desired: DesiredState): Promise<readonly Change[]> =>
    diff(f5Afm.lower(desired, context).resources, (await session.observe()).resources).changes;
  return { device, session, context, send, plan, sync: async (desired) => send(await plan(desired)) };
}

export function errorsIn(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.flatMap((outcome) =>
    outcome.result === 'error' ? [`${outcome.error.errorClass}: ${outcome.error.message}`] : [],
  );
}

/** A prepared device that is closed at the end of the test. */
export async function startForTest(setting: Setting): Promise<F5AfmSimulator> {
  const device = await startDevice(setting);
  onTestFinished(() => device.close());
  return device;
}

/** The same, with a session. */
export async function connectForTest(setting: Setting = {}): Promise<Connected> {
  const connected = await connect(setting);
  onTestFinished(() => connected.device.close());
  return connected;
}

/** A desired state with one group, and one rule that refers to it unless others are given. */
export function oneGroup(members: readonly string[], rules: readonly Rule[] = [aRule()]): DesiredState {
  return aDesiredState({ groups: [aGroup({ members })], rules });
}

/** What that rule accepts for member 10.0.0.1. */
export const flow = { src: '10.0.0.1', dst: '203.0.113.5', port: 443, protocol: 'TCP' } as const;
