import type { JsonObject } from '../../../src/core/model/json.ts';
import { Failure, Rejection } from './failure.ts';

export interface Command {
  readonly id: number;
  readonly method: string;
  /** Path and query as received. */
  readonly uri: string;
  readonly body: string;
}

export interface Transaction {
  readonly id: number;
  readonly startedAt: number;
  readonly timeoutSeconds: number;
  readonly state: 'STARTED' | 'FAILED';
  readonly failure: string;
  readonly commands: readonly Command[];
}

/** Commands that wait for their commit. What has expired is gone without a trace. */
export class Transactions {
  readonly #now: () => number;
  #open: ReadonlyMap<number, Transaction> = new Map();
  #last = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  start(timeoutSeconds: number): Transaction {
    const startedAt = this.#now();
    // Microseconds since the epoch, on a real device too.
    this.#last = Math.max(this.#last + 1, startedAt * 1_000 + 1);
    const empty = { state: 'STARTED', failure: '', commands: [] } as const;
    return this.put({ id: this.#last, startedAt, timeoutSeconds, ...empty });
  }

  list(): readonly Transaction[] {
    const now = this.#now();
    return [...this.#open.values()].filter((one) => now < one.startedAt + one.timeoutSeconds * 1_000);
  }

  /** @throws Rejection for one that is not open, or no longer. */
  get(id: string): Transaction {
    const found = this.list().find((one) => String(one.id) === id);
    if (found === undefined) throw new Rejection(404, `Transaction not found: ${id}`);
    return found;
  }

  add(id: string, command: Omit<Command, 'id'>): Command {
    const open = this.get(id);
    const added = { id: (open.commands.at(-1)?.id ?? 0) + 1, ...command };
    this.put({ ...open, commands: [...open.commands, added] });
    return added;
  }

  put(transaction: Transaction): Transaction {
    this.#open = new Map([...this.#open, [transaction.id, transaction]]);
    return transaction;
  }

  end(id: number): void {
    this.#open = new Map([...this.#open].filter(([key]) => key !== id));
  }

  copy(): Transactions {
    const copy = new Transactions(this.#now);
    copy.#open = this.#open;
    copy.#last = this.#last;
    return copy;
  }
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
