import type { NativeRequest, Observed, Outcome } from '../adapter/adapter.ts';
import { AdapterError } from '../adapter/errors.ts';
import { begunEntry, type WriteContext } from '../core/audit/begun-entry.ts';
import { wasApplied } from '../core/audit/writes/was-applied.ts';
import type { BegunRecord, ClosedEntry } from '../core/audit/record.ts';
import type { Change } from '../core/model/plan.ts';
import { keyOf, type Resource } from '../core/model/resource.ts';
import { closedEntries, closedResult } from './closed-entries.ts';
import { AuditUnavailable, type AuditStore } from './audit-store.ts';
import type { Calls } from './calls.ts';

/** Sequence numbers of the records with which writes were begun. */
export type Begun = readonly number[];

/**
 * Writes whose outcome was unknown when a reading began; undefined: writes were in flight, or the store could not be
 * read.
 */
export type Unsettled = readonly BegunRecord[] | undefined;

/** A write that is being made, or several for one reason. */
export interface Call {
  readonly of: PointRecord;
  /** The reason of writes that are made beside others. */
  readonly context?: Omit<WriteContext, 'idOf'>;
  /** There may be several calls at once, each with its own. */
  readonly requests?: NativeRequest[];
}

/** Differences that a record of a reading names. */
const mostNamed = 100;

/** Writes the audit record of one point: what was sent, why, and the outcome. */
export class PointRecord {
  readonly #store: AuditStore;
  readonly #point: string;
  readonly #onError: (error: AuditUnavailable) => void;
  #context: Omit<WriteContext, 'idOf'>;
  readonly #calls: Calls<Call>;
  /** Id of the group that an object with members stands for, by the key of the object, as of the last reading. */
  readonly #groups = new Map<string, string>();
  readonly #sending = new Set<number>();
  /** Number of the last write that was begun, and of the last one before the last reading. */
  #last = 0;
  #readUpTo = 0;

  constructor(store: AuditStore, point: string, calls: Calls<Call>, onError: (error: AuditUnavailable) => void) {
    this.#store = store;
    this.#point = point;
    this.#calls = calls;
    this.#onError = onError;
    this.#context = noContext;
  }

  /** The reason of the writes that `send` makes; of all others it stays what it is. */
  because<T>(context: Omit<WriteContext, 'idOf'>, send: () => Promise<T>): Promise<T> {
    return this.#calls.run({ of: this, context }, send);
  }

  /** The reason of the writes that follow. */
  set context(context: Omit<WriteContext, 'idOf'>) {
    this.#context = context;
  }

  note(request: NativeRequest): void {
    this.#call()?.requests?.push(request);
  }

  /**
   * To be called before a batch is sent. Resolves when the record of each change is durable.
   *
   * @throws AdapterError `unrecorded`: then the batch must not be sent
   */
  async begin(changes: readonly Change[]): Promise<Begun> {
    const context = {
      ...(this.#call()?.context ?? this.#context),
      idOf: (key: Change['key']) => this.#groups.get(keyOf(key)),
    };
    try {
      const entries = changes.map((change) => begunEntry(change, context));
      const records = await this.#store.append(this.#point, entries, 'durable');
      const begun = records.map(({ seq }) => seq);
      for (const seq of begun) this.#sending.add(seq);
      this.#last = begun.at(-1) ?? this.#last;
      return begun;
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      throw new AdapterError('unrecorded', `Nothing is written to the device: ${error.message}`);
    }
  }

  /**
   * Makes the call that was begun with these records, and closes them. An outcome that cannot be recorded stays open
   * until the device is read.
   */
  async sent(begun: Begun, send: () => Promise<readonly Outcome[]>): Promise<readonly Outcome[]> {
    const requests: NativeRequest[] = [];
    let outcomes: readonly Outcome[] = [];
    try {
      outcomes = await this.#calls.run({ of: this, ...this.#call(), requests }, send);
      return outcomes;
    } finally {
      for (const seq of begun) this.#sending.delete(seq);
      await this.#close(closedEntries(begun, outcomes, requests));
    }
  }

  /** The call of this point that is in progress here; what it has started at other points is not its own. */
  #call(): Call | undefined {
    const call = this.#calls.current;
    return call?.of === this ? call : undefined;
  }

  async #close(entries: readonly ClosedEntry[]): Promise<void> {
    await this.#quietly(() => this.#store.append(this.#point, entries, 'soon'));
  }

  /** The operation of these records was polled. Changes that are still pending stay open. */
  async closePolled(begun: readonly number[], outcomes: readonly Outcome[]): Promise<void> {
    await this.#quietly(async () => {
      const open = (await this.#store.unsettled(this.#point)).filter(({ seq }) => begun.includes(seq));
      const entries = open.flatMap((write): ClosedEntry[] => {
        const outcome = outcomes.find(({ key }) => keyOf(key) === keyOf(write));
        if (outcome === undefined || outcome.result === 'pending') return [];
        return [{ type: 'closed', of: write.seq, ...closedResult(outcome) }];
      });
      if (entries.length > 0) await this.#store.append(this.#point, entries, 'soon');
    });
  }

  /** Is the outcome of a write unknown? Then the device has to be read before anything is sent. */
  async hasUnsettled(): Promise<boolean> {
    const unsettled = await this.#unsettled();
    return unsettled === undefined || unsettled.length > 0;
  }

  /** To be called before the device is read. */
  async beforeReading(): Promise<Unsettled> {
    this.#readUpTo = this.#last;
    return this.#sending.size > 0 ? undefined : this.#unsettled();
  }

  /** Closes these writes by what was read, unless something was sent while the device was read. */
  async settle(unsettled: Unsettled, { complete, resources, others = [] }: Observed): Promise<void> {
    for (const { desiredId, members, ...key } of resources)
      if (desiredId !== undefined && members !== undefined) this.#groups.set(keyOf(key), desiredId);
    if (!complete || unsettled === undefined || unsettled.length === 0 || this.#last > this.#readUpTo) return;
    const observed = new Map(resources.map((resource: Resource) => [keyOf(resource), resource]));
    const inForce = new Set(others.map(keyOf));
    const entries = unsettled.map((write): ClosedEntry => {
      const isDone = write.reason === 'adopted' ? !inForce.has(keyOf(write)) : wasApplied(write, observed);
      const result = isDone ? 'found-done' : 'found-not-done';
      return { type: 'closed', of: write.seq, result };
    });
    await this.#quietly(() => this.#store.append(this.#point, entries, 'soon'));
  }

  /** @param remaining how what was read differs from what is desired; undefined: it was not read completely */
  async read(objects: number, remaining: readonly Change[] | undefined): Promise<void> {
    const names = new Set(remaining?.map(({ key }) => `${key.kind} ${key.name}`));
    const entry = {
      type: 'read',
      upTo: this.#readUpTo,
      version: this.#context.version,
      complete: remaining !== undefined,
      objects,
      differing: [...names].slice(0, mostNamed),
      differences: names.size,
    } as const;
    await this.#quietly(() => this.#store.append(this.#point, [entry], 'soon'));
  }

  async #unsettled(): Promise<Unsettled> {
    try {
      return await this.#store.unsettled(this.#point);
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      return undefined; // the next `begin` says so
    }
  }

  async #quietly(task: () => Promise<unknown>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      this.#onError(error);
    }
  }
}

const noContext = {
  adapter: '',
  version: 0,
  path: 'full',
  ended: new Set<string>(),
  purposeOf: () => undefined,
  isOver: () => false,
} as const;
