import type { OpenTransactions } from '../../../../kit/simulator/tables/transactions.ts';
import type { Tables } from '../../../../kit/simulator/tables/tables.ts';
import { badRequest, Failure, missingInDatasource } from '../api/failure.ts';
import type { Row, Schemas } from '../tables/schema.ts';
import type { Vdom } from '../vdom.ts';

export interface Transaction {
  readonly id: number;
  readonly vdom: string;
  readonly expiresAt: number;
  /** The tables as they will be. What it changed is no other owner's business before the commit. */
  readonly store: Tables<Row>;
  /**
   * Locked against everyone else until commit or abort. The documents say so of other transactions, and of "other
   * administrators" in workspace mode; writes outside any transaction are taken to be among them.
   */
  readonly tables: ReadonlySet<string>;
  /** What was done, in the device's command language. */
  readonly lines: readonly string[];
}

export function copied(open: Transaction): Transaction {
  return { ...open, store: open.store.fork() };
}

/**
 * The transaction that `holder` names: `{"transaction-id": 19}`; a client that writes it with an underscore is
 * understood too.
 *
 * @throws Failure for one that is not open, or no longer, or of another VDOM
 */
export function transactionIn(
  open: OpenTransactions<Transaction>,
  holder: Readonly<Record<string, unknown>>,
  vdom: string,
): Transaction {
  const value = holder['transaction-id'] ?? holder['transaction_id'];
  const id = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof id !== 'number' || !Number.isInteger(id)) throw badRequest('transaction-id is missing');
  const found = open.find(id);
  if (found?.vdom !== vdom) throw new Failure(`transaction ${id} does not exist or has expired`, -3);
  return found;
}

/** @throws Failure when another owner's transaction has changed the table */
export function refuseLocked(
  open: OpenTransactions<Transaction>,
  vdom: string,
  table: string,
  own: Transaction | undefined,
): void {
  const locked = open.list().some((one) => one.vdom === vdom && one.id !== own?.id && one.tables.has(table));
  if (locked) throw new Failure(`table ${table} is locked by another transaction`, -361);
}

/** Shows a transaction what others have done in the meantime to the tables that it has not touched. */
export function follow(transaction: Transaction, { tables }: Vdom, schemas: Schemas): void {
  const untouched = [...schemas.keys()].filter((table) => !transaction.tables.has(table));
  transaction.store.adopt(tables, untouched);
}

/** Makes everything visible at once. @throws Failure, and nothing has happened, when it no longer fits */
export function commit(transaction: Transaction, { tables }: Vdom, schemas: Schemas): void {
  const result = tables.fork();
  result.adopt(transaction.store, transaction.tables);
  for (const { id } of schemas.values()) {
    for (const row of result.rows(id).values()) {
      const missing = result.dangling(id, row);
      if (missing !== undefined) throw missingInDatasource(missing.key);
    }
  }
  tables.adopt(transaction.store, transaction.tables);
}
