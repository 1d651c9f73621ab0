import { eachOf } from '../../../kit/common/api/each-of.ts';
import { deviceSession, type DeviceDriver } from '../../../kit/common/session.ts';
import type { AdapterDeps, Outcome, Session } from '../../../src/adapter/adapter.ts';
import { asAdapterError, errorPolicy, type AdapterError } from '../../../src/adapter/errors.ts';
import { canonical } from '../../../src/core/model/json.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { azureClient } from '../api/client.ts';
import { laneOf } from '../batch.ts';
import type { AzureConfig } from '../config.ts';
import { kinds } from '../objects/names.ts';
import { unprobed } from '../unprobed.ts';
import { deleteGroup, ensureGroup } from './source-groups.ts';
import type { Azure, Known } from './known.ts';
import { live } from './live.ts';
import { markOf, observe } from './observe.ts';
import { pollRules } from './pending.ts';
import { probe } from './probe.ts';
import { writeRules } from './rules.ts';

/** A session with one firewall policy and the IP groups beside it. */
export function azureSession(config: AzureConfig, deps: AdapterDeps): Session {
  const client = azureClient(config, deps);
  const driver: DeviceDriver<Azure, Known> = {
    probe,
    read: observe,
    write: async (azure, { changes }, memory) => write(azure, changes, await memory.known()),
    poll: async (azure, handle) => pollRules(azure, handle),
    live: async (azure) => live(azure),
    close: () => client.close(),
  };
  return deviceSession(driver, { config, deps, unprobed, asking: (signal) => client.asking(signal) });
}

async function write(azure: Azure, changes: readonly Change[], known: Known): Promise<readonly Outcome[]> {
  const [first] = changes;
  if (first === undefined || laneOf(first) === 'rules') return writeRules(azure, known, changes);
  const outcomes = await eachOf(changes, async (change) => byItself(change, writeGroup(azure, known, change)));
  const grave = outcomes.find((outcome) => outcome.result === 'error' && !isRefusal(outcome.error));
  if (grave?.result === 'error') throw grave.error;
  return outcomes;
}

/** One that is refused keeps no other from its change, and none is left alone while it is at work. */
async function byItself({ key }: Change, work: Promise<Outcome>): Promise<Outcome> {
  try {
    return await work;
  } catch (error) {
    return { key, result: 'error', error: asAdapterError(error) };
  }
}

function isRefusal({ errorClass }: AdapterError): boolean {
  return errorPolicy[errorClass].then === 'quarantine';
}

async function writeGroup(azure: Azure, known: Known, change: Change): Promise<Outcome> {
  const { key } = change;
  if (change.op === 'create') {
    const { spec, members } = change.after;
    const content = new Set(key.kind === kinds.followed ? [canonical(spec)] : members);
    const name = await ensureGroup(azure, known, key.name, { content, mark: markOf(azure, key.name) });
    known.current = new Map(known.current).set(key.name, name);
    return { key, result: 'done' };
  }
  const native = known.current.get(key.name) ?? key.name;
  // A group that rules came to name in the meantime stays.
  if (native === key.name && [...known.current.values()].includes(native))
    return { key, result: 'done', unneeded: true };
  await deleteGroup(azure, known, native);
  known.current = new Map([...known.current].filter(([group]) => group !== key.name));
  return { key, result: 'done' };
}
