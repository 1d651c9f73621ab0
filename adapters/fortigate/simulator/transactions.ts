import { badRequest, Failure, missingInDatasource } from './failure.ts';
import { unresolvedName } from './references.ts';
import type { Schemas } from './schema.ts';
import type { Store } from './store.ts';

export interface Transaction {
  readonly id: number;
  readonly vdom: string;
  readonly startedAt: number;
  readonly expiresAt: number;
  /** The tables as they will be. */
  readonly store: Store;
  /**
   * Locked against everybody else until commit or abort. The documents say so of other transactions, and of "other
   * administrators" in workspace mode; writes outside any transaction are taken to be among them.
   */
  readonly tables: Set<string>;
  /** What was done, in the device's command language. */
  readonly lines: string[];
}

const tableLocked = (table: string): Failure => new Failure(`table ${table} is locked by another transaction`, -361);

/** The open transactions of a device. What they changed is nobody else's business before the commit. */
export class Transactions {
  readonly #now: () => number;
  readonly #open: Map<number, Transaction>;
  #last: number;

  constructor(now: () => number, source?: Transactions) {
    this.#now = now;
    this.#open = new Map((source?.list() ?? []).map((open) => [open.id, copied(open)] as const));
    this.#last = source === undefined ? 0 : source.#last;
  }

  /** @param timeoutSeconds after which it is dropped without a trace. */
  start(vdom: string, store: Store, timeoutSeconds: number): Transaction {
    const startedAt = this.#now();
    this.#last += 1;
    const expiresAt = startedAt + timeoutSeconds * 1_000;
    const empty = { tables: new Set<string>(), lines: [] };
    const started = { id: this.#last, vdom, startedAt, expiresAt, store: store.fork(), ...empty };
    this.#open.set(started.id, started);
    return started;
  }

  list(): readonly Transaction[] {
    const now = this.#now();
    return [...this.#open.values()].filter((open) => open.expiresAt > now);
  }

  /** @throws Failure for one that is not open, or no longer, or of another VDOM. */
  get(id: number, vdom: string): Transaction {
    const found = this.list().find((open) => open.id === id && open.vdom === vdom);
    if (found === undefined) throw new Failure(`transaction ${id} does not exist or has expired`, -3);
    return found;
  }

  /** @throws Failure when somebody else's transaction has changed the table. */
  refuseLocked(vdom: string, table: string, own?: Transaction): void {
    const other = this.list().find((open) => open.vdom === vdom && open.id !== own?.id && open.tables.has(table));
    if (other !== undefined) throw tableLocked(table);
  }

  /** Shows a transaction what others have done meanwhile to the tables that it has not touched. */
  follow(transaction: Transaction, main: Store, schemas: Schemas): void {
    const untouched = [...schemas.keys()].filter((table) => !transaction.tables.has(table));
    transaction.store.adopt(main, untouched);
  }

  /** Makes everything visible at once. Nothing happens, and the transaction stays open, when it no longer fits. */
  commit(transaction: Transaction, main: Store, schemas: Schemas): void {
    const result = main.fork();
    result.adopt(transaction.store, transaction.tables);
    for (const schema of schemas.values()) {
      for (const row of result.rows(schema.id).values()) {
        const missing = unresolvedName(schema, row, result);
        if (missing !== undefined) throw missingInDatasource(missing);
      }
    }
    main.adopt(transaction.store, transaction.tables);
    this.abort(transaction);
  }

  abort(transaction: Transaction): void {
    this.#open.delete(transaction.id);
  }
}

function copied(open: Transaction): Transaction {
  return { ...open, store: open.store.fork(), tables: new Set(open.tables), lines: [...open.lines] };
}

/** `{"transaction-id": 19}`; a client that writes it with an underscore is understood too. */
export function transactionId(holder: Readonly<Record<string, unknown>>): number {
  const value = holder['transaction-id'] ?? holder['transaction_id'];
  const id = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof id !== 'number' || !Number.isInteger(id)) throw badRequest('transaction-id is missing');
  return id;
}
