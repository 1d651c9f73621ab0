import { deviceSession, type DeviceDriver } from '../../../kit/common/session.ts';
import type { AdapterDeps, Outcome, Session } from '../../../src/adapter/adapter.ts';
import { asAdapterError } from '../../../src/adapter/errors.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { AwsClient } from '../api/client.ts';
import type { AwsConfig } from '../config.ts';
import { kinds } from '../objects/names.ts';
import { unprobed } from '../unprobed.ts';
import { flush, pollFlushes, withdrawnBy } from './flows.ts';
import type { Firewall, Known, KnownList } from './known.ts';
import { changeList, changeMembers } from './lists.ts';
import { live } from './live.ts';
import { observe } from './observe.ts';
import type { EntriesByVersion } from './read-lists.ts';
import { probe } from './probe.ts';
import { deleteGroup, writeRules } from './rules.ts';
import { pollLists, waitFor, type Awaited } from './waiting.ts';

/** A session with one firewall and the prefix lists beside it. */
export function awsSession(config: AwsConfig, deps: AdapterDeps): Session {
  const client = new AwsClient(config, deps);
  const versions: EntriesByVersion = new Map();
  const driver: DeviceDriver<Firewall, Known> = {
    probe,
    read: async (firewall) => observe(firewall, versions),
    write: async (firewall, { changes }, memory) => write(firewall, changes, await memory.known()),
    poll: async (firewall, handle) => (await pollFlushes(firewall, handle)) ?? pollLists(firewall, handle),
    live,
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
  return flushed(firewall, changes, known, await writeLists(firewall, changes, known));
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

/** Each list by itself: one that is refused keeps no other from its change. What follows a failure of another kind is not sent. */
async function writeLists(firewall: Firewall, changes: readonly Change[], known: Known): Promise<readonly Outcome[]> {
  const awaited: Awaited[] = [];
  const failed = new Map<number, Outcome>();
  const note = (at: number, key: Change['key'], list: KnownList | undefined): void => {
    if (list?.state.endsWith('-in-progress') === true) awaited.push({ key, id: list.id });
    else failed.delete(at);
  };
  const together = bothHalves(changes);
  if (together !== undefined) {
    const list = await changeMembers(firewall, known, together);
    for (const [at, { key }] of changes.entries()) note(at, key, list);
  } else {
    for (const [at, change] of changes.entries()) {
      try {
        note(at, change.key, await changeList(firewall, known, change));
      } catch (error) {
        const failure = asAdapterError(error);
        failed.set(at, { key: change.key, result: 'error', error: failure });
        if (!isRefusal(failure.errorClass)) throw error;
      }
    }
  }
  const ended = new Map((await waitFor(firewall, awaited)).map((outcome) => [outcome.key.name, outcome]));
  return changes.map(({ key }, at): Outcome => failed.get(at) ?? ended.get(key.name) ?? { key, result: 'done' });
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
