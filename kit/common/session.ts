import type {
  AdapterDeps,
  Batch,
  Clock,
  Live,
  Observed,
  Outcome,
  RuleHit,
  Session,
} from '../../src/adapter/adapter.ts';
import type { Capabilities } from '../../src/adapter/capabilities.ts';
import { AdapterError } from '../../src/adapter/errors.ts';
import type { Owner } from '../../src/adapter/owner.ts';
import type { Change } from '../../src/core/model/plan.ts';

/** What those who work on a device are given. */
export interface Device<Ask, C> {
  /** Sends one request to the device, and stops when the caller aborts. */
  readonly ask: Ask;
  readonly owner: Owner;
  readonly config: C;
  /** As probed; before that, the adapter's own. */
  readonly capabilities: Capabilities;
  readonly clock: Clock;
}

/** What was read from a device, and what is kept of it to write without another read. */
export interface Reading<Known> {
  readonly observed: Observed;
  readonly known: Known;
}

/** What is known of the device while a batch is written. */
export interface Memory<Known> {
  /** As it was last read and written; after a failure, and before the first read, the device is read. */
  known(): Promise<Known>;
  /** As it is now, by another read. */
  reread(): Promise<Known>;
}

/** One kind of device that is read as a whole and written batch by batch: all that a session needs to know of it. */
export interface DeviceDriver<D, Known> {
  probe(device: D): Promise<Capabilities>;
  /** Everything of ours. @throws AdapterError when a part of it cannot be read */
  read(device: D): Promise<Reading<Known>>;
  /** Carries out one batch. @throws AdapterError when none of it counts; the device is then read before the next one */
  write(device: D, batch: Batch, memory: Memory<Known>): Promise<readonly Outcome[]>;
  /** @param last what was last read; undefined: nothing yet */
  live(device: D, last: Reading<Known> | undefined): Promise<Live>;
  /** Absent: the device does not count. */
  evidence?(device: D): Promise<readonly RuleHit[]>;
  /** As `write`, of changes of members, without waiting for what the device has accepted. Absent: `write` waits for nothing. */
  submit?(device: D, batch: Batch, memory: Memory<Known>): Promise<readonly Outcome[]>;
  /**
   * Asks after an operation that `write` left pending. Absent: the device has done what it has accepted.
   *
   * @param known undefined: the device was not read since something failed
   */
  poll?(device: D, handle: string, known: Known | undefined): Promise<readonly Outcome[]>;
  /** Switches off one rule of others. @throws AdapterError when that is not done */
  retire?(device: D, change: Change): Promise<void>;
  rehearse?(device: D, changes: Batch['changes'], memory: Memory<Known>): Promise<void>;
  close(): Promise<void>;
}

interface Connection<Ask, C> {
  readonly config: C;
  readonly deps: Pick<AdapterDeps, 'owner' | 'clock' | 'signal'>;
  readonly unprobed: Capabilities;
  /** How the device is asked until the signal is aborted. */
  readonly asking: (signal: AbortSignal) => Ask;
}

/** A session with such a device: what is remembered of it, what becomes of failures, and who gives up when. */
export function deviceSession<Ask, C, Known>(
  driver: DeviceDriver<Device<Ask, C>, Known>,
  { config, deps, unprobed, asking }: Connection<Ask, C>,
): Session {
  let capabilities = unprobed;
  let known: Known | undefined;
  let last: Reading<Known> | undefined;
  const device = (signal = deps.signal): Device<Ask, C> => {
    const { owner, clock } = deps;
    return { ask: asking(signal), owner, config, capabilities, clock };
  };
  const read = async (from = device()): Promise<Reading<Known>> => {
    const reading = await driver.read(from);
    known = reading.known;
    return reading;
  };
  const readTogether = together(read);
  const either = (signal: AbortSignal): AbortSignal => AbortSignal.any([deps.signal, signal]);
  const memoryOf = (to: Device<Ask, C>): Memory<Known> => {
    const reread = async (): Promise<Known> => (await read(to)).known;
    return { known: async () => known ?? (await readTogether(to)).known, reread };
  };
  const carryOut =
    (write: typeof driver.write): Session['send'] =>
    async (batch, signal) => {
      const to = device(either(signal));
      try {
        return await write(to, batch, memoryOf(to));
      } catch (error) {
        known = undefined;
        if (!(error instanceof AdapterError)) throw error; // a defect
        return batch.changes.map(({ key }) => ({ key, result: 'error', error }));
      }
    };
  return {
    probe: async () => (capabilities = await driver.probe(device())),
    observe: async () => (last = await read()).observed,
    send: carryOut((to, batch, memory) => driver.write(to, batch, memory)),
    ...(driver.submit && {
      submit: carryOut(async (to, batch, memory) => (await driver.submit?.(to, batch, memory)) ?? []),
    }),
    poll: async (handle) => (await driver.poll?.(device(), handle, known)) ?? [],
    // A list that is replaced as a whole must not bring back what another process took out of it.
    othersWrote: () => {
      if (capabilities.memberUpdates === 'replace') known = undefined;
    },
    live: () => driver.live(device(), last),
    ...(driver.evidence && { evidence: async () => (await driver.evidence?.(device())) ?? [] }),
    ...(driver.retire && {
      retire: async (change, signal) => {
        try {
          await driver.retire?.(device(either(signal)), change);
          return { key: change.key, result: 'done' };
        } catch (error) {
          if (!(error instanceof AdapterError)) throw error; // a defect
          return { key: change.key, result: 'error', error };
        }
      },
    }),
    ...(driver.rehearse && {
      rehearse: async (changes, signal) => {
        const to = device(either(signal));
        await driver.rehearse?.(to, changes, memoryOf(to));
      },
    }),
    close: () => driver.close(),
  };
}

/** One run for all callers that ask while it runs, so that calls that begin at the same time know the same state, and each other's writes. */
function together<A, T>(run: (argument: A) => Promise<T>): (argument: A) => Promise<T> {
  let running: Promise<T> | undefined;
  return (argument) =>
    (running ??= run(argument).finally(() => {
      running = undefined;
    }));
}
