import type { Outcome } from '../../../src/adapter/adapter.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { revokedSources } from '../batch.ts';
import { keeperOf } from '../objects/names.ts';
import type { Panos } from './device.ts';
import { clearSessions, sendRegistrations, type Registration } from './registered.ts';

/** Changes of tags, in one message if they fit; each has its own outcome. What has left has no sessions any more. */
export async function changeTags({ ask, config }: Panos, changes: readonly Change[]): Promise<readonly Outcome[]> {
  const wanted = changes.map(registrationsOf);
  const refused = await sendRegistrations(ask, config, wanted.flat());
  const outcomes = changes.map(({ key }, at): Outcome => {
    const [error] = (wanted[at] ?? []).flatMap((one) => refused.get(one) ?? []);
    return error === undefined ? { key, result: 'done' } : { key, result: 'error', error };
  });
  if (!config.clearSessions) return outcomes;
  for (const source of new Set(changes.flatMap(revokedSources))) await clearSessions(ask, config, source);
  return outcomes;
}

function registrationsOf(change: Change): readonly Registration[] {
  const tag = change.key.name;
  const all = (op: Registration['op'], ips: readonly string[]): Registration[] => ips.map((ip) => ({ op, ip, tag }));
  switch (change.op) {
    case 'create':
      return all('register', [keeperOf(tag), ...(change.after.members ?? [])]);
    case 'update':
      return all('register', [keeperOf(tag)]);
    case 'members':
      return [...all('unregister', change.remove), ...all('register', change.add)];
    case 'delete':
      return all('unregister', [...(change.before.members ?? []), keeperOf(tag)]);
    case 'move':
      return [];
  }
}
