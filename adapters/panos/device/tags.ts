import type { ChangeOf } from '../../../kit/common/dispatch.ts';
import type { Memory } from '../../../kit/common/session.ts';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import type { AdapterError } from '../../../src/adapter/errors.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { revokedSources } from '../batch.ts';
import { keeperOf, untimed } from '../objects/names.ts';
import { nothingKnown, type Known, type Panos } from './device.ts';
import { clearSessions, sendRegistrations, type Registration } from './registered.ts';
import { currentTag, isWanted, possibleTags } from './timed.ts';

/** What is sent one after the other: an address has one tag of ours in each at most, so that it is known which was refused. */
type Rounds = readonly (readonly Registration[])[];

/** Changes of tags, in one message if they fit; each has its own outcome. What has left has no sessions any longer. */
export async function changeTags(
  device: Panos,
  changes: readonly Change[],
  memory: Memory<Known>,
  lastRead: Known = nothingKnown,
): Promise<readonly Outcome[]> {
  const { ask, config } = device;
  const renews = changes.some(({ op }) => op === 'update');
  // A withdrawal waits for no reading.
  const known = renews ? await memory.known() : lastRead;
  const wanted = changes.map((change) => roundsOf(change, device, known));
  const refused = new Map<Registration, AdapterError>();
  for (let round = 0; wanted.some((rounds) => round < rounds.length); round += 1) {
    // What was refused the new tag keeps the old one.
    const stuck = new Set([...refused.keys()].map(({ ip }) => ip));
    const now = wanted.flatMap((rounds) => rounds[round] ?? []).filter(({ ip }) => !renews || !stuck.has(ip));
    for (const [one, error] of await sendRegistrations(ask, config, now)) refused.set(one, error);
  }
  const outcomes = changes.map(({ key }, at): Outcome => {
    const [error] = (wanted[at] ?? []).flat().flatMap((one) => refused.get(one) ?? []);
    return error === undefined ? { key, result: 'done' } : { key, result: 'error', error };
  });
  const sources = new Set(changes.flatMap((change) => revokedSources(change, config)));
  const failed = new Map<string, AdapterError>();
  for (const source of sources) {
    const error = await clearSessions(ask, config, source);
    if (error !== undefined) failed.set(source, error);
  }
  if (failed.size === 0) return outcomes;
  return outcomes.map((outcome, at): Outcome => {
    const change = changes[at];
    const own = change === undefined ? [] : revokedSources(change, config);
    const error = own.flatMap((source) => failed.get(source) ?? [])[0];
    return outcome.result !== 'done' || error === undefined ? outcome : { key: outcome.key, result: 'error', error };
  });
}

function roundsOf(change: Change, device: Panos, known: Known): Rounds {
  const tag = change.key.name;
  const keeper: Registration = { op: 'register', ip: keeperOf(tag), tag };
  switch (change.op) {
    case 'create':
      return [[keeper, ...joining(device, tag, change.after.members ?? [])]];
    case 'update':
      return renewed(change, device, known);
    case 'members':
      return leaving(device, known, tag, change.remove).map((round, at) =>
        at === 0 ? [...round, ...joining(device, tag, change.add)] : round,
      );
    case 'delete': {
      const [first = [], ...rest] = leaving(device, known, tag, change.before.members ?? []);
      return [[...first, { ...keeper, op: 'unregister' }], ...rest];
    }
    case 'move':
      return [];
  }
}

function joining(device: Panos, tag: string, ips: readonly string[]): readonly Registration[] {
  const now = currentTag(device, tag);
  const { memberTimeoutSeconds } = device.config;
  const timeout = now === tag || memberTimeoutSeconds === undefined ? {} : { timeoutSeconds: memberTimeoutSeconds };
  return ips.map((ip) => ({ op: 'register', ip, tag: now, ...timeout }));
}

/** Whatever it may have, one tag after the other, and what else was seen: of a time that the config no longer says. */
function leaving(device: Panos, { registered }: Known, tag: string, ips: readonly string[]): Rounds {
  const possible = possibleTags(device, tag);
  const isOther = (one: string): boolean => untimed(one) === tag && !possible.includes(one);
  const others = ips.flatMap((ip) =>
    (registered.tags.get(ip) ?? []).filter(isOther).map((one): Registration => ({ op: 'unregister', ip, tag: one })),
  );
  const rounds = possible.map((one) => ips.map((ip): Registration => ({ op: 'unregister', ip, tag: one })));
  return others.length === 0 ? rounds : [...rounds, others];
}

/** Those that stay get the new tag, and then the old ones go. */
function renewed({ key: { name }, before, after }: ChangeOf<'update'>, device: Panos, known: Known): Rounds {
  const { tags } = known.registered;
  const now = currentTag(device, name);
  const stays = new Set(after.members);
  const members = before.members?.filter((ip) => stays.has(ip)) ?? [];
  const has = (ip: string): readonly string[] => (tags.get(ip) ?? []).filter((tag) => untimed(tag) === name);
  const due = members.filter((ip) => !has(ip).includes(now));
  const old = members.flatMap((ip) =>
    has(ip).flatMap((tag): Registration[] => (isWanted(tag, name, now, known) ? [] : [{ op: 'unregister', ip, tag }])),
  );
  return [[{ op: 'register', ip: keeperOf(name), tag: name }, ...joining(device, name, due)], old];
}
