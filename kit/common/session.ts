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
  close(): void | Promise<void>;
}

interface Connection<Ask, C> {
  readonly config: C;
  readonly deps: Pick<AdapterDeps, 'owner' | 'clock' | 'signal'>;
  readonly unprobed: Capabilities;
  /** How the device is asked until the signal is aborted. */
  readonly asking: (signal: AbortSignal) => Ask;
}

/** A session with such a device. Where the driver lacks a method, the session does, too. */
export function deviceSession<Ask, C, Known>(
  driver: DeviceDriver<Device<Ask, C>, Known>,
  connection: Connection<Ask, C>,
): Session {
  const session = new KnownDevice(driver, connection);
  const submit = driver.submit?.bind(driver);
  const evidence = driver.evidence?.bind(driver);
  const retire = driver.retire?.bind(driver);
  const rehearse = driver.rehearse?.bind(driver);
  return {
    probe: () => session.probe(),
    observe: () => session.observe(),
    send: (batch, signal) => session.write(driver.write.bind(driver), batch, signal),
    ...(submit && { submit: (batch, signal) => session.write(submit, batch, signal) }),
    poll: (handle) => session.poll(handle),
    othersWrote: () => session.othersWrote(),
    live: () => session.live(),
    ...(evidence && { evidence: () => evidence(session.device()) }),
    ...(retire && { retire: (change, signal) => session.retire(retire, change, signal) }),
    ...(rehearse && {
      rehearse: (changes, signal) => {
        const device = session.device(signal);
        return rehearse(device, changes, session.memoryOf(device));
      },
    }),
    close: async () => driver.close(),
  };
}

/** A device with what is remembered of it, what becomes of failures, and who gives up when. */
class KnownDevice<Ask, C, Known> {
  readonly #driver: DeviceDriver<Device<Ask, C>, Known>;
  readonly #connection: Connection<Ask, C>;
  readonly #readTogether = sharedRun((device: Device<Ask, C>) => this.#read(device));
  #capabilities: Capabilities;
  #known: Known | undefined;
  #last: Reading<Known> | undefined;

  constructor(driver: DeviceDriver<Device<Ask, C>, Known>, connection: Connection<Ask, C>) {
    this.#driver = driver;
    this.#connection = connection;
    this.#capabilities = connection.unprobed;
  }

  /** @param signal ends what is asked, as the end of the session does */
  device(signal?: AbortSignal): Device<Ask, C> {
    const { config, deps, asking } = this.#connection;
    const ask = asking(signal ? AbortSignal.any([deps.signal, signal]) : deps.signal);
    return { ask, owner: deps.owner, config, capabilities: this.#capabilities, clock: deps.clock };
  }

  memoryOf(device: Device<Ask, C>): Memory<Known> {
    return {
      known: async () => this.#known ?? (await this.#readTogether(device)).known,
      reread: async () => (await this.#read(device)).known,
    };
  }

  async probe(): Promise<Capabilities> {
    this.#capabilities = await this.#driver.probe(this.device());
    return this.#capabilities;
  }

  async observe(): Promise<Observed> {
    this.#last = await this.#read(this.device());
    return this.#last.observed;
  }

  live(): Promise<Live> {
    return this.#driver.live(this.device(), this.#last);
  }

  async poll(handle: string): Promise<readonly Outcome[]> {
    return (await this.#driver.poll?.(this.device(), handle, this.#known)) ?? [];
  }

  /** A list that is replaced as a whole must not bring back what another process took out of it. */
  othersWrote(): void {
    if (this.#capabilities.memberUpdates === 'replace') this.#known = undefined;
  }

  async write(
    carryOut: DeviceDriver<Device<Ask, C>, Known>['write'],
    batch: Batch,
    signal: AbortSignal,
  ): Promise<readonly Outcome[]> {
    const device = this.device(signal);
    try {
      return await carryOut(device, batch, this.memoryOf(device));
    } catch (error) {
      this.#known = undefined;
      return batch.changes.map(({ key }) => ({ key, result: 'error', error: adapterError(error) }));
    }
  }

  async retire(
    carryOut: NonNullable<DeviceDriver<Device<Ask, C>, Known>['retire']>,
    change: Change,
    signal: AbortSignal,
  ): Promise<Outcome> {
    try {
      await carryOut(this.device(signal), change);
      return { key: change.key, result: 'done' };
    } catch (error) {
      return { key: change.key, result: 'error', error: adapterError(error) };
    }
  }

  async #read(device: Device<Ask, C>): Promise<Reading<Known>> {
    const reading = await this.#driver.read(device);
    this.#known = reading.known;
    return reading;
  }
}

/** @throws any other error: it is a defect */
function adapterError(error: unknown): AdapterError {
  if (error instanceof AdapterError) return error;
  throw error;
}

/** One run for all callers that ask while it runs, so that calls that begin at the same time know the same state, and each other's writes. */
function sharedRun<A, T>(run: (argument: A) => Promise<T>): (argument: A) => Promise<T> {
  let running: Promise<T> | undefined;
  return (argument) =>
    (running ??= run(argument).finally(() => {
      running = undefined;
    }));
}
