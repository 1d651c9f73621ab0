import { deviceSession, type DeviceDriver } from '../../../kit/common/session.ts';
import type { AdapterDeps, Outcome, Session } from '../../../src/adapter/adapter.ts';
import { asAdapterError } from '../../../src/adapter/errors.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { awsClient } from '../api/client.ts';
import type { AwsConfig } from '../config.ts';
import { kinds } from '../objects/names.ts';
import { unprobed } from '../unprobed.ts';
import { flush, pollFlushes, withdrawnBy } from './write/flows.ts';
import type { Firewall, Known, KnownList } from './known.ts';
import { changeList, changeMembers } from './write/lists.ts';
import { live } from './read/live.ts';
import { observe } from './read/observe.ts';
import type { EntriesByVersion } from './read/lists.ts';
import { probe } from './read/probe.ts';
import { rehearse } from './write/rehearsal.ts';
import { deleteGroup, writeRules } from './write/rules.ts';
import { shrink, type TooLargeSince } from './write/shrinking.ts';
import { accepted, pollLists, waitFor, type Awaited } from './write/waiting.ts';

/** A session with one firewall and the prefix lists beside it. */
export function awsSession(config: AwsConfig, deps: AdapterDeps): Session {
  const client = awsClient(config, deps);
  const versions: EntriesByVersion = new Map();
  const tooLarge: TooLargeSince = new Map();
  const driver: DeviceDriver<Firewall, Known> = {
    probe,
    read: async (firewall) => observe(firewall, versions),
    write: async (firewall, { changes }, memory) => write(firewall, changes, await memory.known()),
    submit: async (firewall, { changes }, memory) => submit(firewall, changes, await memory.known()),
    poll: async (firewall, handle, known) =>
      (await pollFlushes(firewall, handle)) ?? pollLists(firewall, handle, known),
    rehearse: async (firewall, changes, memory) => rehearse(firewall, await memory.known(), changes),
    live: async (firewall, last) => {
      const told = await live(firewall, last);
      if (told.state !== 'live' || last === undefined) return told;
      const lookAgainAfterMs = await shrink(firewall, last.known, tooLarge);
      return lookAgainAfterMs === undefined ? told : { ...told, lookAgainAfterMs };
    },
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
  const written = await writeLists(firewall, changes, known);
  return flushed(firewall, changes, known, outcomesOf(changes, written, await waitFor(firewall, written.awaited)));
}

/** Connections are flushed when their addresses are gone, so that then it is waited for. */
async function submit(firewall: Firewall, changes: readonly Change[], known: Known): Promise<readonly Outcome[]> {
  if (firewall.config.flushWithdrawn || changes[0]?.key.kind !== kinds.list) return write(firewall, changes, known);
  const written = await writeLists(firewall, changes, known);
  return outcomesOf(changes, written, accepted(written.awaited));
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
    (await flush(firewall, known, withdrawn, keys)).map((outcome) => [outcome.key.name, outcome]),
  );
  return outcomes.map((outcome) => (outcome.result === 'done' ? (pending.get(outcome.key.name) ?? outcome) : outcome));
}

interface Written {
  /** What was accepted, and is carried out a little later. */
  readonly awaited: readonly Awaited[];
  /** By place. */
  readonly failed: ReadonlyMap<number, Outcome>;
}

/** Each list by itself: one that is refused keeps no other from its change. What follows a failure of another kind is not sent. */
async function writeLists(firewall: Firewall, changes: readonly Change[], known: Known): Promise<Written> {
  const awaited: Awaited[] = [];
  const failed = new Map<number, Outcome>();
  const note = (key: Change['key'], list: KnownList | undefined): void => {
    if (list?.state.endsWith('-in-progress') === true) awaited.push({ key, id: list.id, version: list.version });
  };
  const together = bothHalves(changes);
  if (together !== undefined) {
    const list = await changeMembers(firewall, known, together);
    for (const { key } of changes) note(key, list);
    return { awaited, failed };
  }
  for (const [at, change] of changes.entries()) {
    try {
      note(change.key, await changeList(firewall, known, change));
    } catch (error) {
      const failure = asAdapterError(error);
      if (!isRefusal(failure.errorClass)) throw error;
      failed.set(at, { key: change.key, result: 'error', error: failure });
    }
  }
  return { awaited, failed };
}

function outcomesOf(changes: readonly Change[], { failed }: Written, ended: readonly Outcome[]): readonly Outcome[] {
  const byName = new Map(ended.map((outcome) => [outcome.key.name, outcome]));
  return changes.map(({ key }, at): Outcome => failed.get(at) ?? byName.get(key.name) ?? { key, result: 'done' });
}

function isRefusal(errorClass: string): boolean {
  return ['invalid', 'quota', 'in-use'].includes(errorClass);
}

/** The members that leave a list and those that join it. */
function bothHalves(changes: readonly Change[]): readonly Extract<Change, { op: 'members' }>[] | undefined {
  const members = changes.flatMap((change) => (change.op === 'members' ? [change] : []));
  const isOneList = members.length === changes.length && new Set(members.map(({ key }) => key.name)).size === 1;
  return isOneList ? members : undefined;
}
