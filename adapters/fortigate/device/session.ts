import { isClass } from '../../../kit/common/api/answers.ts';
import { makeChanges } from '../../../kit/common/dispatch.ts';
import { deviceSession, type Memory } from '../../../kit/common/session.ts';
import type { AdapterDeps, Batch, Outcome, Session } from '../../../src/adapter/adapter.ts';
import { FortigateClient, type Ask } from '../api/client.ts';
import { Descriptions } from '../api/descriptions.ts';
import { readTable } from '../api/tables.ts';
import type { FortigateConfig } from '../config.ts';
import { tables } from '../objects/names.ts';
import { unprobed } from '../unprobed.ts';
import { changes, endSessions } from './write/changes.ts';
import type { Fortigate } from './device.ts';
import { retire } from './write/retire.ts';
import { changeFeeds } from './write/feeds.ts';
import type { Inventory } from './inventory.ts';
import { inForce, ruleHits } from './read/live.ts';
import { observe } from './read/observe.ts';
import { probe } from './read/probe/probe.ts';
import { abortAbandoned, inTransaction } from './write/transaction.ts';

/** A session with one VDOM of one FortiGate. @throws AdapterError `auth` when the secret has no token */
export function fortigateSession(config: FortigateConfig, deps: AdapterDeps): Session {
  const client = new FortigateClient(config, deps);
  const described = new Descriptions();
  return deviceSession<Ask, FortigateConfig, Inventory>(
    {
      probe: (device) => probe(device, described),
      read: (device) => observe(device, described),
      write: (device, batch, memory) => (isPush(batch) ? push(device, batch) : writeUnblocked(device, batch, memory)),
      retire,
      live: inForce,
      evidence: async (device) => {
        const { rows } = await readTable(device.ask, tables.policy, { format: 'policyid|name|comments' });
        return await ruleHits(device, rows);
      },
      close: () => client.close(),
    },
    { config, deps, unprobed, asking: (signal) => (call) => client.ask(call, signal) },
  );
}

function isPush({ changes: own }: Batch): boolean {
  return own.every(({ key, op }) => key.kind === tables.feed && op === 'members');
}

/** Feeds are changed without knowing anything else of the device. */
async function push(device: Fortigate, { changes: own }: Batch): Promise<readonly Outcome[]> {
  const outcomes = await changeFeeds(device.ask, own);
  await endSessions(device, own);
  return outcomes;
}

/** A transaction that an earlier session left open locks its tables: it is ended, and the batch is sent again. */
async function writeUnblocked(device: Fortigate, batch: Batch, memory: Memory<Inventory>): Promise<readonly Outcome[]> {
  try {
    return await write(device, batch, await memory.known());
  } catch (error) {
    if (!isClass(error, 'busy') || !device.capabilities.transactions) throw error;
    const inventory = await memory.reread();
    if ((await abortAbandoned(device.ask, device.owner, inventory.policies.all)) === 0) throw error;
    return await write(device, batch, inventory);
  }
}

async function write(device: Fortigate, batch: Batch, inventory: Inventory): Promise<readonly Outcome[]> {
  const { ask, config } = device;
  const { atomic, changes: own } = batch;
  const all = (within: Ask): Promise<readonly Outcome[]> =>
    makeChanges({ ...device, ask: within, inventory, atomic }, own, changes);
  const outcomes = await (atomic
    ? inTransaction(ask, config.transactionTimeoutSeconds, all)
    : unlessFull(ask, own, all));
  await endSessions(device, own);
  return outcomes;
}

/** A device that is full, and says so to the first request, has taken nothing: it is as it was, and need not be read again. */
async function unlessFull(
  ask: Ask,
  own: Batch['changes'],
  make: (within: Ask) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  let requests = 0;
  try {
    return await make((call) => {
      requests += 1;
      return ask(call);
    });
  } catch (error) {
    if (requests > 1 || !isClass(error, 'quota')) throw error;
    return own.map(({ key }) => ({ key, result: 'error', error }));
  }
}
