import { makeChanges } from '../../../kit/common/dispatch.ts';
import { deviceSession, type Device, type Memory } from '../../../kit/common/session.ts';
import type { AdapterDeps, Batch, Outcome, Session } from '../../../src/adapter/adapter.ts';
import { PanosClient, type Ask } from '../api/client.ts';
import type { PanosConfig } from '../config.ts';
import { kinds } from '../objects/names.ts';
import { unprobed } from '../unprobed.ts';
import { commit, pollCommit, push, refuseSecond } from './commit.ts';
import type { Edit, Known, Panos } from './device.ts';
import { edits, expectDeviceGroup, revertOurs, sendEdits } from './edits.ts';
import { inForce, ruleHits } from './live.ts';
import { observe } from './observe.ts';
import { probe } from './probe.ts';
import { changeTags } from './tags.ts';

/** A session with one virtual system of one firewall. @throws AdapterError `auth` when the secret lacks the key */
export function panosSession(config: PanosConfig, deps: AdapterDeps): Session {
  const client = new PanosClient(config, deps);
  const of = (device: Device<Ask, PanosConfig>): Panos => ({ ...device, admin: client.admin });
  let last: Awaited<ReturnType<typeof observe>> | undefined;
  return deviceSession<Ask, PanosConfig, Known>(
    {
      probe: (device) => probe(of(device)),
      read: async (device) => (last = await observe(of(device))),
      write: (device, batch, memory) => write(of(device), batch, memory, last?.known),
      poll: (device, handle) => pollCommit(of(device), handle),
      live: (device) => Promise.resolve(inForce(of(device), last)),
      evidence: (device) => ruleHits(of(device), last),
      close: () => client.close(),
    },
    { config, deps, unprobed, asking: (signal) => (call) => client.ask(call, signal) },
  );
}

function write(
  device: Panos,
  { changes }: Batch,
  memory: Memory<Known>,
  lastRead: Known | undefined,
): Promise<readonly Outcome[]> {
  const isTags = changes.every(({ key }) => key.kind === kinds.tag);
  return isTags ? changeTags(device, changes, memory, lastRead) : writeConfig(device, changes, memory);
}

/** What an earlier attempt left is taken back, everything is edited at once, and what we edited is committed. */
async function writeConfig(
  device: Panos,
  changes: Batch['changes'],
  memory: Memory<Known>,
): Promise<readonly Outcome[]> {
  const list: Edit[] = [];
  const known = await memory.known();
  if (known.rules.all.length === 0) await expectDeviceGroup(device);
  const outcomes = await makeChanges({ ...device, ...known, edits: list }, changes, edits);
  const keys = changes.map(({ key: { kind, name } }) => ({ kind, name }));
  const isPushed = list.length === 0 && keys.some(({ kind }) => kind === kinds.push);
  if (list.length === 0 && !isPushed) return outcomes;
  await refuseSecond(device);
  if (isPushed) return await push(device, keys);
  await revertOurs(device);
  await sendEdits(device, list);
  return await commit(device, keys);
}
