import type { Profile } from '../profile.ts';
import type { Schema, Schemas } from './schema.ts';
import { listTables } from './lists.ts';
import { networkTables } from './network.ts';
import { policyTables } from './policies.ts';
import { scheduleTable } from './schedules.ts';

export function schemasOf(profile: Profile, defaultAction: 'accept' | 'drop' | 'reject'): Schemas {
  const all: readonly Schema[] = [
    ...networkTables(defaultAction),
    ...listTables(profile),
    scheduleTable,
    ...policyTables(profile),
  ];
  return new Map(all.map((one) => [one.id, one]));
}
