import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { runEmbedded, type Running } from './compared/compositions.ts';
import { Firewall } from './processes/firewall.ts';
import { watchLag } from './processes/lag.ts';
import { percentile, reference, row, type Row } from './row.ts';
import { attacks, hostileNamespace, type Attack } from './worlds/attacks.ts';
import { churn, replacements } from './worlds/churn.ts';

const latency = 20;
const load = { perSecond: 20, count: 200 } as const;
/** What is not seen so long after the last change counts with the time that it was waited for. */
const patience = 3_000;
/** As a multiple of the idle value. */
const aim = 4;
/** Longest delay of the event loop, milliseconds. */
const longestPause = 50;
/** As the follower of a cluster reads them. */
const objectsPerTurn = 100;

/**
 * How long the ended pods of ten teams stay on a FortiGate, while an eleventh team does the worst it can. What the process
 * waited for a processor is taken off, so that the load of the machine decides nothing.
 */
export async function* benchTenants(): AsyncGenerator<Row> {
  const quiet = await measured(undefined);
  yield reference(`tenants, quiet, ${latency} ms per call, stale grant p99`, quiet.p99, 'ms');
  yield reference('tenants, quiet, longest pause of the event loop', quiet.pause, 'ms');
  for (const attack of attacks) {
    const { p99, pause, waiting } = await measured(attack);
    yield row(`tenants, ${attack.name}, stale grant p99 over quiet`, p99 / quiet.p99, 'ratio', aim);
    yield row(`tenants, ${attack.name}, longest pause of the event loop`, pause, 'ms', longestPause);
    yield row(`tenants, ${attack.name}, withdrawals not seen`, waiting, 'changes', 0);
  }
}

interface Measured {
  /** From the end of a pod to the tables of the device, without waiting for a processor, milliseconds. */
  readonly p99: number;
  readonly pause: number;
  readonly waiting: number;
}

async function measured(attack: Attack | undefined): Promise<Measured> {
  const firewall = await Firewall.start();
  const running = await runEmbedded(firewall.address);
  const over = new AbortController();
  try {
    for (const change of [hostileNamespace(), ...(attack?.before ?? [])]) running.take(change);
    await wait(1_000);
    firewall.setLatency(latency);
    const events = replacements();
    const act = ({ change }: { readonly change: Parameters<Running['take']>[0] }): void => running.take(change);
    await churn(events, { ...load, count: 20 }, firewall, act);
    await firewall.complete(10 * patience);
    const lag = watchLag();
    const attacking = attack === undefined ? undefined : carryOut(attack, running, over.signal);
    await churn(events, load, firewall, act);
    over.abort();
    await attacking;
    await wait(patience);
    const { withdrawnUnqueued, stale } = await firewall.report();
    return { p99: percentile([...withdrawnUnqueued, ...stale], 99), pause: lag.stop().ownMax, waiting: stale.length };
  } finally {
    over.abort();
    firewall.setLatency(0);
    await running.stop();
    await firewall.stop();
  }
}

/** What comes is read as the follower of a cluster reads it: so many objects, and then whatever else has to be done. */
async function carryOut({ everyMs, act }: Attack, running: Running, signal: AbortSignal): Promise<void> {
  let read = 0;
  for (let i = 0; !signal.aborted; i += 1) {
    for (const change of act(i)) {
      running.take(change);
      read += 1;
      if (read % objectsPerTurn === 0) await nextTurn();
    }
    await wait(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
