import type { SimulatorOptions } from '../../../kit/simulator/simulator.ts';
import type { AccessOptions, ApiUser } from './api/access.ts';
import { profileOf, type Profile } from './profile.ts';
import type { Schemas } from './tables/schema.ts';
import { schemasOf, type Limits } from './tables/schemas.ts';

/** One device: what it is, and how its administrator has set it up. */
export interface DeviceSettings extends AccessOptions {
  readonly profile: Profile;
  readonly schemas: Schemas;
  /** The first is the management VDOM; `root` alone if absent. */
  readonly vdoms: readonly [string, ...string[]];
  readonly maxBodyBytes: number;
  /** Entries that feeds hold; those of the version's profile if absent. */
  readonly feedEntries?: number;
  /** Interfaces that every flow is taken to pass; absent: a verdict does not look at interfaces. */
  readonly route?: { readonly srcintf?: string; readonly dstintf?: string };
  /** What decides: firewall policies with their profiles, or security policies. */
  readonly ngfwMode: 'profile-based' | 'policy-based';
  /** What becomes of changes that nobody saves: `cfg-save`. */
  readonly saving: 'automatic' | 'manual' | 'revert';
  /** It is one of two units; absent: it is alone. */
  readonly cluster: boolean;
  /** A FortiManager manages this device. */
  readonly managed: boolean;
  /** It answers the id of a policy that it makes; false: 0 instead, as 7.4.12 was seen to. */
  readonly tellsNewId: boolean;
  /** Milliseconds since the epoch; for tests that need another time. */
  readonly now: () => number;
}

type Settable = Omit<DeviceSettings, 'profile' | 'schemas' | 'apiUsers'>;

export interface FortigateOptions extends SimulatorOptions, Partial<Settable> {
  /** `7.4` (the default) or an exact `7.2.0`. */
  readonly version?: string;
  /** Rows per table and per child table, where not those of the sample device. */
  readonly limits?: Limits;
  /** Of the token in `credentials`; groups that are not named are read-write. */
  readonly permissions?: NonNullable<ApiUser['permissions']>;
  readonly trusthosts?: readonly string[];
  /** VDOMs that the token may see; absent: all. */
  readonly tokenVdoms?: readonly string[];
  /** More api-users beside the one in `credentials`. */
  readonly apiUsers?: readonly ApiUser[];
}

/** @throws RangeError for a version that is not simulated */
export function settingsOf(options: FortigateOptions, token: string): DeviceSettings {
  const { version, limits, permissions, trusthosts, tokenVdoms, apiUsers = [], vdoms = ['root'], ...given } = options;
  const profile = profileOf(version);
  const user: ApiUser = {
    name: 'postern',
    token,
    ...(permissions === undefined ? {} : { permissions }),
    ...(trusthosts === undefined ? {} : { trusthosts }),
    ...(tokenVdoms === undefined ? {} : { vdoms: tokenVdoms }),
  };
  return {
    restApiKeyUrlQuery: profile.tokenInUrl,
    lockout: { threshold: 3, durationMs: 60_000 },
    maxBodyBytes: 10_000_000,
    managed: false,
    cluster: false,
    tellsNewId: true,
    saving: 'automatic',
    ngfwMode: 'profile-based',
    now: Date.now,
    ...given,
    profile,
    schemas: schemasOf(profile, vdoms, limits),
    apiUsers: [user, ...apiUsers],
    vdoms,
  };
}
