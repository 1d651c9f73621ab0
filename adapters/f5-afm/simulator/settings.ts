import type { SimulatorOptions } from '../../../kit/simulator/simulator.ts';
import type { User } from './api/access.ts';
import { profileOf, type Profile } from './profile.ts';
import type { CompilerDelays } from './system/compiler.ts';
import type { Schema, Schemas } from './tables/schema.ts';
import { listTables } from './tables/lists.ts';
import { networkTables } from './tables/network.ts';
import { policyTables } from './tables/policies.ts';
import { scheduleTable } from './tables/schedules.ts';

export type Provisioning = 'none' | 'minimum' | 'nominal' | 'dedicated';

/** One device: what it is, and how its administrator has set it up. */
export interface DeviceSettings {
  readonly profile: Profile;
  readonly schemas: Schemas;
  readonly users: readonly User[];
  /** Life of a token as it is given out, seconds; 1,200 if absent. */
  readonly tokenSeconds: number;
  /** 100 if absent. */
  readonly tokensPerUser: number;
  readonly compiler: CompilerDelays;
  /** What the firewall module is given of the device; `nominal` if absent. */
  readonly afm: Provisioning;
  /** How long after a reboot only 503 and 404 are answered, milliseconds; absent: no time at all. */
  readonly bootMs: number;
  /** Where every flow comes in; absent: route domain 0, `/Common/internal`. */
  readonly route: { readonly routeDomain: number; readonly vlan: string };
  /** A pair; absent: a device alone. */
  readonly ha?: { readonly group: string; readonly autoSync: boolean };
  /** AS3 is installed and owns these partitions; absent: it is not installed. */
  readonly as3Tenants?: readonly string[];
  /** Milliseconds since the epoch; for tests that need another time. */
  readonly now: () => number;
}

type Settable = Omit<DeviceSettings, 'profile' | 'schemas' | 'users' | 'compiler' | 'route'>;

export interface F5AfmOptions extends SimulatorOptions, Partial<Settable> {
  /** TMOS, `17.1.1` (the default) or `16.1`. */
  readonly version?: string;
  /** Role and partition of the user in `credentials`; absent: an administrator of everything. */
  readonly user?: Pick<User, 'role' | 'partition'>;
  /** More users beside that one. */
  readonly users?: readonly User[];
  /** How long the rule compiler takes; until then packets are judged by the rules before. Absent: no time at all. */
  readonly compileMs?: number;
  /** How long after a change the compiler still reports `quiescent` before it begins; absent: it begins at once. */
  readonly compileAfterMs?: number;
  /** What meets a packet about which no rule decides: `drop` (firewall mode) if absent; ADC mode has `accept`. */
  readonly defaultAction?: 'accept' | 'drop' | 'reject';
  readonly route?: Partial<DeviceSettings['route']>;
}

/** @throws RangeError for a version that is not simulated */
export function settingsOf(options: F5AfmOptions, administrator: User): DeviceSettings {
  const { version, user: _, users = [], compileMs = 0, compileAfterMs = 0, defaultAction, route, ...given } = options;
  const profile = profileOf(version);
  return {
    tokenSeconds: 1_200,
    tokensPerUser: 100,
    afm: 'nominal',
    bootMs: 0,
    now: Date.now,
    ...given,
    profile,
    schemas: schemasOf(profile, defaultAction ?? 'drop'),
    users: [administrator, ...users],
    compiler: { beginMs: compileAfterMs, compileMs },
    route: { routeDomain: 0, vlan: '/Common/internal', ...route },
  };
}

function schemasOf(profile: Profile, defaultAction: 'accept' | 'drop' | 'reject'): Schemas {
  const all: readonly Schema[] = [
    ...networkTables(defaultAction),
    ...listTables(profile),
    scheduleTable,
    ...policyTables(profile),
  ];
  return new Map(all.map((one) => [one.id, one]));
}
