import { formatAddress, bracketed } from '../../net/address.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { columnsOf, type Column } from '../../report/matrix/columns.ts';
import { matrixRows, type Row } from '../../report/matrix/matrix.ts';
import type { Answer } from '../../verify/intent/intent.ts';
import type { Remaining } from '../../verify/values/time.ts';
import type { AnswerView, ColumnView, MatrixView, RowView } from './shapes.ts';

/** More would be slow, and too many to read. */
const mostRows = 50_000;

/** What of a world may be shown. */
export interface Seen {
  /** Destinations that are named in it are columns; its pods are rows. */
  readonly snapshot: Snapshot;
  /** A policy whose name may be shown. */
  readonly policy: (name: string) => boolean;
}

/**
 * The matrix, row by row, so that the informer gets a turn between them.
 *
 * @param snapshot all that decides
 * @param seen a part of it, or all
 */
export function* matrixSteps(
  snapshot: Snapshot,
  seen: Seen,
  remaining: Remaining,
): Generator<undefined, MatrixView, undefined> {
  const columns = columnsOf(seen.snapshot);
  const packing = new Packing(seen.policy);
  let left = 0;
  for (const row of matrixRows({ ...snapshot, pods: seen.snapshot.pods }, columns, remaining)) {
    if (packing.rows.length < mostRows) packing.add(row);
    else left += 1;
    yield;
  }
  const services = new Set(seen.snapshot.externalServices.map(({ metadata }) => metadata.name));
  const { answers, profiles, namespaces, rows } = packing;
  return { columns: columns.map((column) => columnView(column, services)), answers, profiles, namespaces, rows, left };
}

export function matrixView(snapshot: Snapshot, remaining: Remaining): MatrixView {
  const steps = matrixSteps(snapshot, { snapshot, policy: () => true }, remaining);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

function columnView(column: Column, services: ReadonlySet<string>): ColumnView {
  const { destination, port, protocol } = column;
  const service = services.has(destination);
  return { destination, port: `${port}`, protocol, service, example: exampleOf(column) };
}

/** The first place of it, on its first port; of a wildcard a name that it stands for. */
function exampleOf({ flows: [flow], port, protocol }: Column): string {
  if (flow === undefined) return '';
  const at = protocol === 'any' ? '443' : `${port}`.split('-')[0];
  const suffix = protocol === 'UDP' ? '/udp' : '';
  if ('name' in flow.to) return `${flow.to.name.replace(/^\*\./, 'www.')}:${at}${suffix}`;
  const [first] = flow.to.addresses;
  if (first === undefined || typeof first.space !== 'number') return '';
  const address = formatAddress({ family: first.space, value: first.first });
  return `${bracketed(address)}:${at}${suffix}`;
}

const fallback: AnswerView = { verdict: 'Deny', policy: null, tier: 'Default', partial: false };

/** Writes what repeats once, and refers to it. */
class Packing {
  readonly answers: AnswerView[] = [fallback];
  readonly profiles: (readonly number[])[] = [];
  readonly namespaces: string[] = [];
  readonly rows: RowView[] = [];
  readonly #mayName: (policy: string) => boolean;
  readonly #answerAt = new Map<string, number>([[keyOf(fallback), 0]]);
  /** The same object stands in many cells. */
  readonly #seen = new Map<Answer, number>();
  readonly #profileAt = new Map<string, number>();
  /** Rows with the same rules have the same list of cells. */
  readonly #known = new Map<readonly Answer[], number>();
  readonly #namespaceAt = new Map<string, number>();

  constructor(mayName: (policy: string) => boolean) {
    this.#mayName = mayName;
  }

  add({ namespace, workload, serviceAccount, cells }: Row): void {
    const at = indexIn(this.#namespaceAt, this.namespaces, namespace, namespace);
    this.rows.push([at, workload, serviceAccount, this.#profile(cells)]);
  }

  #profile(cells: readonly Answer[]): number {
    const known = this.#known.get(cells);
    if (known !== undefined) return known;
    const pairs = cells.flatMap((cell, column) => {
      const answer = this.#seen.get(cell) ?? this.#answer(cell);
      return answer === 0 ? [] : [column, answer];
    });
    const index = indexIn(this.#profileAt, this.profiles, pairs.join(), pairs);
    this.#known.set(cells, index);
    return index;
  }

  #answer(cell: Answer): number {
    const { verdict, policy, tier, ...rest } = cell;
    const shown = policy === null || this.#mayName(policy) ? policy : 'a policy that you may not see';
    const answer: AnswerView = { verdict, policy: shown, tier: tier ?? '', partial: rest.partial === true };
    const index = indexIn(this.#answerAt, this.answers, keyOf(answer), answer);
    this.#seen.set(cell, index);
    return index;
  }
}

function keyOf({ verdict, policy, tier, partial }: AnswerView): string {
  return JSON.stringify([verdict, policy, tier, partial]);
}

function indexIn<T>(known: Map<string, number>, list: T[], key: string, value: T): number {
  const index = known.get(key) ?? list.push(value) - 1;
  known.set(key, index);
  return index;
}
