import { makeChanges } from '../../../kit/common/dispatch.ts';
import type { GroupInventory } from '../../../kit/common/groups/inventory.ts';
import { deviceSession } from '../../../kit/common/session.ts';
import type { AdapterDeps, Batch, Outcome, Session } from '../../../src/adapter/adapter.ts';
import { F5Client, type Ask, type Call } from '../api/client.ts';
import { needsOwnRequest } from '../batch.ts';
import type { F5AfmConfig } from '../config.ts';
import { unprobed } from '../unprobed.ts';
import { changes } from './write/changes.ts';
import { Compilation } from './read/compilation.ts';
import type { Work } from './device.ts';
import { deleted } from './write/lists.ts';
import { inForce, ruleHits } from './read/live.ts';
import { observe } from './read/observe.ts';
import { createPartition } from './write/partition.ts';
import { probe } from './read/probe.ts';
import { retire } from './write/retire.ts';
import { Saving } from './write/saving.ts';
import { inTransaction } from './write/transaction.ts';

/** Changes of a plan that are rehearsed: a transaction ends after two minutes, and what comes first needs nothing that follows. */
const mostRehearsed = 1_000;

/** A session with one BIG-IP, and our part of one partition of it. @throws AdapterError `auth` when the secret has no username or no password */
export function f5AfmSession(config: F5AfmConfig, deps: AdapterDeps): Session {
  const client = new F5Client(config, deps);
  const saving = new Saving(config, deps.clock);
  const compilation = new Compilation(deps.clock);
  let lacksPartition = false;
  return deviceSession<Ask, F5AfmConfig, GroupInventory>(
    {
      probe: async (device) => {
        const capabilities = await probe(device);
        lacksPartition = capabilities.choices['partition']?.value === 'missing';
        return capabilities;
      },
      read: async (device) => {
        const reading = await observe(device);
        await saving.saveIfDue(device.ask);
        return reading;
      },
      write: async (device, batch, memory) => {
        const ask = compilation.noting(device.ask);
        const afterwards: Call[] = [];
        const work = { ...device, ask, inventory: await memory.known(), afterwards, atomic: batch.atomic };
        saving.wrote();
        // Once, and never in mode Observe, which sends nothing.
        if (lacksPartition) await createPartition(ask, config.partition, deps.owner);
        lacksPartition = false;
        const outcomes = await write(work, batch.changes);
        for (const call of afterwards) await deleted(ask, call);
        return outcomes;
      },
      retire: (device, change) => {
        saving.wrote();
        return retire(compilation.noting(device.ask), change);
      },
      // By a transaction that is validated and dropped. A partition that is not there yet cannot be asked.
      rehearse: async (device, planned) => {
        const asked = planned.filter((change) => !needsOwnRequest(change)).slice(0, mostRehearsed);
        if (asked.length === 0 || lacksPartition) return;
        const { known: inventory } = await observe(device);
        await write({ ...device, inventory, afterwards: [], atomic: true }, asked, 'validate-only');
      },
      live: async ({ ask }, last) => {
        await saving.saveIfDue(ask);
        const lag = (deployedAt: string): string => compilation.lag(deployedAt, client.aheadMs);
        const live = await inForce(ask, { resources: last?.observed.resources ?? [], saved: saving.status(), lag });
        const lookAgainAfterMs = saving.dueInMs();
        return lookAgainAfterMs === undefined ? live : { ...live, lookAgainAfterMs };
      },
      evidence: async (device) => ruleHits(device.ask, (await observe(device)).observed.resources),
      // Saves what is not saved yet, and gives the token back: a user has at most 100.
      close: async () => {
        const last = AbortSignal.timeout(config.requestTimeoutMs);
        // An error at close is ignored: what a reboot loses is found missing and written again.
        await saving.save((call) => client.ask(call, last)).catch(() => undefined);
        await client.close();
      },
    },
    { config, deps, unprobed, asking: (signal) => (call) => client.ask(call, signal) },
  );
}

function write(work: Work, own: Batch['changes'], mode?: 'validate-only'): Promise<readonly Outcome[]> {
  if (!work.atomic) return makeChanges(work, own, changes);
  return inTransaction(work.ask, (ask) => makeChanges({ ...work, ask }, own, changes), mode);
}
