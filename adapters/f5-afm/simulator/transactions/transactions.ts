import type { OpenTransactions } from '../../../../kit/simulator/tables/transactions.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { Failure, Rejection } from '../api/failure.ts';

export interface Command {
  readonly id: number;
  readonly method: string;
  /** Path and query as received. */
  readonly uri: string;
  readonly body: string;
}

export interface Transaction {
  readonly id: number;
  /** What has expired is gone without a trace. */
  readonly expiresAt: number;
  readonly timeoutSeconds: number;
  readonly state: 'STARTED' | 'FAILED';
  readonly failure: string;
  readonly commands: readonly Command[];
}

/** The transaction of this id. @throws Rejection for one that is not open, or no longer */
export function transactionOf(open: OpenTransactions<Transaction>, id: string): Transaction {
  const found = open.find(Number(id));
  if (found === undefined) throw new Rejection(404, `Transaction not found: ${id}`);
  return found;
}

export function shown(transaction: Transaction, state: string, validateOnly: boolean, version: string): JsonObject {
  return {
    transId: transaction.id,
    state,
    timeoutSeconds: transaction.timeoutSeconds,
    asyncExecution: false,
    validateOnly,
    executionTimeout: 300,
    executionTime: 0,
    failureReason: transaction.failure,
    kind: 'tm:transactionstate',
    selfLink: `https://localhost/mgmt/tm/transaction/${transaction.id}?ver=${version}`,
  };
}

export function shownCommand(transaction: string, { id, method, uri, body }: Command, version: string): JsonObject {
  return {
    method,
    uri: `https://localhost${uri}`,
    body: body === '' ? {} : (JSON.parse(body) as JsonObject),
    evalOrder: id,
    commandId: id,
    kind: 'tm:transaction:commandsstate',
    selfLink: `https://localhost/mgmt/tm/transaction/${transaction}/commands/${id}?ver=${version}`,
  };
}

export const failed = (why: string): Failure => new Failure(400, `transaction failed:${why}`, 2);
