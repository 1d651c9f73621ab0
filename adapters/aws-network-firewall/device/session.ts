import { deviceSession, type DeviceDriver } from '../../../kit/common/session.ts';
import { accepted, eachByItself, outcomesOf, waitFor, type Sent } from '../../../kit/whole-document/operations.ts';
import type { AdapterDeps, Outcome, Session } from '../../../src/adapter/adapter.ts';
import { grouped } from '../../../src/core/model/grouped.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { awsClient } from '../api/client.ts';
import { z } from 'zod';
import { readHandle } from '../../../kit/common/handle.ts';
import type { AwsConfig } from '../config.ts';
import { kinds } from '../objects/names.ts';
import { unprobed } from '../unprobed.ts';
import { changeAssociation } from './write/associations.ts';
import { changeSets } from './write/sets.ts';
import { flushed, flushingSchema, flushLeft, flushOn, withdrawnBy, type Unflushed } from './write/flows.ts';
import type { Firewall, Known, KnownList } from './known.ts';
import { changeList, changeMembers } from './write/lists.ts';
import { live } from './read/live.ts';
import { ruleHits } from './read/hits.ts';
import { observe, type Kept } from './read/observe.ts';
import { probe } from './read/probe.ts';
import { rehearse } from './write/rehearsal.ts';
import { deleteGroup, writeRules } from './write/rules.ts';
import { shrink, type TooLargeSince } from './write/shrinking.ts';
import { awaitedListsSchema, readListStates, patience, pollLists, type AwaitedList } from './write/waiting.ts';

/** A session with one firewall and the prefix lists beside it. */
export function awsSession(config: AwsConfig, deps: AdapterDeps): Session {
  const client = awsClient(config, deps);
  const kept: Kept = { versions: new Map(), remembered: new Map() };
  const tooLarge: TooLargeSince = new Map();
  const unflushed: Unflushed = new Set();
  const driver: DeviceDriver<Firewall, Known> = {
    probe,
    read: async (firewall) => observe(firewall, kept),
    write: async (firewall, { changes }, memory) => {
      const outcomes = await write(firewall, changes, await memory.known());
      return flushed(firewall, outcomes, withdrawnOf(firewall, changes), unflushed);
    },
    // Connections are flushed when their addresses are gone, so that then it is waited for.
    ...(!config.flushWithdrawn && {
      submit: async (firewall, { changes }, memory) => submit(firewall, changes, await memory.known()),
    }),
    poll: async (firewall, handle, known) => {
      const awaited = readHandle(handle, z.union([flushingSchema, awaitedListsSchema]));
      if ('flushes' in awaited) return flushOn(firewall, awaited);
      const withdrawn = new Map(awaited.map(({ key, withdrawn = [] }) => [key.name, withdrawn]));
      return flushed(firewall, await pollLists(firewall, awaited, known), withdrawn, unflushed);
    },
    rehearse: async (firewall, changes, memory) => rehearse(firewall, await memory.known(), changes),
    live: async (firewall, last) => {
      const told = (await flushLeft(firewall, unflushed)) ?? (await live(firewall, last));
      if (told.state !== 'live' || last === undefined) return told;
      const lookAgainAfterMs = await shrink(firewall, last.known, tooLarge);
      return lookAgainAfterMs === undefined ? told : { ...told, lookAgainAfterMs };
    },
    ...(config.alertLog !== undefined && { evidence: ruleHits }),
    close: () => client.close(),
  };
  return deviceSession(driver, { config, deps, unprobed, asking: (signal) => client.asking(signal) });
}

async function write(firewall: Firewall, changes: readonly Change[], known: Known): Promise<readonly Outcome[]> {
  const done = changes.map(({ key }): Outcome => ({ key, result: 'done' }));
  if (changes[0]?.key.kind === kinds.rule) {
    await writeRules(firewall, known, changes);
    return done;
  }
  if (changes[0]?.key.kind === kinds.group) {
    for (const { key } of changes) await deleteGroup(firewall, known, key.name);
    return done;
  }
  if (changes[0]?.key.kind === kinds.set) {
    await changeSets(firewall, known, changes);
    return done;
  }
  const sent = await sendLists(firewall, changes, known);
  const ended = await waitFor(sent.awaited, readListStates(firewall), { ...patience, clock: firewall.clock });
  return outcomesOf(changes, sent, ended);
}

async function submit(firewall: Firewall, changes: readonly Change[], known: Known): Promise<readonly Outcome[]> {
  if (changes[0]?.key.kind !== kinds.list) return write(firewall, changes, known);
  const sent = await sendLists(firewall, changes, known);
  return outcomesOf(changes, sent, accepted(sent.awaited, patience.delayMs));
}

/** What changes withdraw, by the name of what held it. */
function withdrawnOf(firewall: Firewall, changes: readonly Change[]): ReadonlyMap<string, readonly string[]> {
  const all = grouped(changes.map((change) => [change.key.name, withdrawnBy(change, firewall)] as const));
  return new Map([...all].map(([name, addresses]) => [name, addresses.flat()]));
}

/** Each list and association by itself; the two halves of one list by one call. */
async function sendLists(firewall: Firewall, changes: readonly Change[], known: Known): Promise<Sent<AwaitedList>> {
  const withdrawnOfAll = withdrawnOf(firewall, changes);
  const awaited = (key: Change['key'], list: KnownList | undefined): AwaitedList | undefined => {
    if (list?.state.endsWith('-in-progress') !== true) return undefined;
    const withdrawn = withdrawnOfAll.get(key.name) ?? [];
    return { key, id: list.id, version: list.version, ...(withdrawn.length > 0 && { withdrawn }) };
  };
  const together = bothHalves(changes);
  if (together === undefined) {
    return eachByItself(changes, async (change) => {
      if (change.key.kind !== kinds.association) return awaited(change.key, await changeList(firewall, known, change));
      const followed = await changeAssociation(firewall, known, change);
      const isPending = followed !== undefined && followed.status !== 'ACTIVE';
      return isPending ? { key: change.key, id: followed.arn, version: 0 } : undefined;
    });
  }
  const list = await changeMembers(firewall, known, together);
  return { awaited: changes.flatMap(({ key }) => awaited(key, list) ?? []), refused: new Map() };
}

/** The members that leave a list and those that join it. */
function bothHalves(changes: readonly Change[]): readonly Extract<Change, { op: 'members' }>[] | undefined {
  const members = changes.flatMap((change) => (change.op === 'members' ? [change] : []));
  const isOneList = members.length === changes.length && new Set(members.map(({ key }) => key.name)).size === 1;
  return isOneList ? members : undefined;
}
