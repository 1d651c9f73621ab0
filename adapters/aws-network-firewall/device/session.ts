import { deviceSession, type DeviceDriver } from '../../../kit/common/session.ts';
import { accepted, eachByItself, outcomesOf, waitFor, type Sent } from '../../../kit/whole-document/operations.ts';
import type { AdapterDeps, Outcome, Session } from '../../../src/adapter/adapter.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { awsClient } from '../api/client.ts';
import { z } from 'zod';
import { readHandle } from '../../../kit/common/handle.ts';
import type { AwsConfig } from '../config.ts';
import { kinds } from '../objects/names.ts';
import { unprobed } from '../unprobed.ts';
import { changeAssociation } from './write/associations.ts';
import { changeSets } from './write/sets.ts';
import { flushAddresses, flushingSchema, pollFlushes, withdrawnBy } from './write/flows.ts';
import type { Firewall, Known, KnownList } from './known.ts';
import { changeList, changeMembers } from './write/lists.ts';
import { live } from './read/live.ts';
import { ruleHits } from './read/hits.ts';
import { observe, type Kept } from './read/observe.ts';
import { probe } from './read/probe.ts';
import { rehearse } from './write/rehearsal.ts';
import { deleteGroup, writeRules } from './write/rules.ts';
import { shrink, type TooLargeSince } from './write/shrinking.ts';
import { awaitedListsSchema, lookAtLists, patience, pollLists, type AwaitedList } from './write/waiting.ts';

/** A session with one firewall and the prefix lists beside it. */
export function awsSession(config: AwsConfig, deps: AdapterDeps): Session {
  const client = awsClient(config, deps);
  const kept: Kept = { versions: new Map(), remembered: new Map() };
  const tooLarge: TooLargeSince = new Map();
  const driver: DeviceDriver<Firewall, Known> = {
    probe,
    read: async (firewall) => observe(firewall, kept),
    write: async (firewall, { changes }, memory) => write(firewall, changes, await memory.known()),
    submit: async (firewall, { changes }, memory) => submit(firewall, changes, await memory.known()),
    poll: async (firewall, handle, known) => {
      const awaited = readHandle(handle, z.union([flushingSchema, awaitedListsSchema]));
      return 'flushes' in awaited ? pollFlushes(firewall, awaited) : pollLists(firewall, awaited, known);
    },
    rehearse: async (firewall, changes, memory) => rehearse(firewall, await memory.known(), changes),
    live: async (firewall, last) => {
      const told = await live(firewall, last);
      if (told.state !== 'live' || last === undefined) return told;
      const lookAgainAfterMs = await shrink(firewall, last.known, tooLarge);
      return lookAgainAfterMs === undefined ? told : { ...told, lookAgainAfterMs };
    },
    ...(config.alertLog !== undefined && { evidence: ruleHits }),
    close: () => {
      client.close();
      return Promise.resolve();
    },
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
    return flushed(firewall, changes, known, done);
  }
  const sent = await sendLists(firewall, changes, known);
  const ended = await waitFor(sent.awaited, lookAtLists(firewall), { ...patience, clock: firewall.clock });
  return flushed(firewall, changes, known, outcomesOf(changes, sent, ended));
}

/** Connections are flushed when their addresses are gone, so that then it is waited for. */
async function submit(firewall: Firewall, changes: readonly Change[], known: Known): Promise<readonly Outcome[]> {
  if (firewall.config.flushWithdrawn || changes[0]?.key.kind !== kinds.list) return write(firewall, changes, known);
  const sent = await sendLists(firewall, changes, known);
  return outcomesOf(changes, sent, accepted(sent.awaited, patience.delayMs));
}

/** Those that were carried out are pending until the connections of the addresses that they withdraw are gone. */
async function flushed(
  firewall: Firewall,
  changes: readonly Change[],
  known: Known,
  outcomes: readonly Outcome[],
): Promise<readonly Outcome[]> {
  const isDone = (at: number): boolean => outcomes[at]?.result === 'done';
  const withdrawn = withdrawnBy(
    changes.filter((_, at) => isDone(at)),
    firewall,
  );
  if (withdrawn.length === 0) return outcomes;
  const keys = changes.flatMap(({ key }, at) => (isDone(at) ? [key] : []));
  const pending = new Map(
    (await flushAddresses(firewall, known, withdrawn, keys)).map((outcome) => [outcome.key.name, outcome]),
  );
  return outcomes.map((outcome) => (outcome.result === 'done' ? (pending.get(outcome.key.name) ?? outcome) : outcome));
}

/** Each list and association by itself; the two halves of one list by one call. */
async function sendLists(firewall: Firewall, changes: readonly Change[], known: Known): Promise<Sent<AwaitedList>> {
  const awaited = (key: Change['key'], list: KnownList | undefined): AwaitedList | undefined =>
    list?.state.endsWith('-in-progress') === true ? { key, id: list.id, version: list.version } : undefined;
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
