import type { AnswerView, ColumnView, MatrixView } from '../../src/console/views/shapes.ts';

/** What a cell shows; `default` is a denial that no policy asked for. */
export type CellKind = 'accept' | 'partial' | 'deny' | 'default';

export interface WorkloadRow {
  readonly namespace: string;
  readonly workload: string;
  readonly serviceAccount: string;
  readonly profile: number;
  /** In lower case, for the search. */
  readonly text: string;
}

export interface Filter {
  /** Words that all must be in namespace, workload or ServiceAccount. */
  readonly who: string;
  /** Words that all must be in destination or port, or `policy:` and a part of the name of the policy that decides. */
  readonly where: string;
  readonly namespace: string;
  /** Columns that no workload shown may reach are left out. */
  readonly reachable: boolean;
}

export interface Selected {
  readonly rows: readonly WorkloadRow[];
  /** Indexes of columns. */
  readonly columns: readonly number[];
}

const nobody: AnswerView = { verdict: 'Deny', policy: null, tier: 'Default', partial: false };

/** The matrix as it is looked at: cells by row and column, filtered. */
export class MatrixModel {
  readonly columns: readonly ColumnView[];
  readonly namespaces: readonly string[];
  readonly rows: readonly WorkloadRow[];
  readonly left: number;
  readonly #answers: readonly AnswerView[];
  readonly #profiles: readonly ReadonlyMap<number, number>[];

  constructor({ columns, answers, profiles, namespaces, rows, left }: MatrixView) {
    this.columns = columns;
    this.namespaces = namespaces;
    this.left = left;
    this.#answers = answers;
    this.#profiles = profiles.map(pairsIn);
    this.rows = rows.map(([at, workload, serviceAccount, profile]) => {
      const namespace = namespaces[at] ?? '';
      const text = `${namespace}/${workload} ${serviceAccount}`.toLowerCase();
      return { namespace, workload, serviceAccount, profile, text };
    });
  }

  answer({ profile }: WorkloadRow, column: number): AnswerView {
    return this.#answers[this.#profiles[profile]?.get(column) ?? 0] ?? nobody;
  }

  kind(row: WorkloadRow, column: number): CellKind {
    const { verdict, partial, policy } = this.answer(row, column);
    if (verdict === 'Accept') return 'accept';
    return partial ? 'partial' : policy === null ? 'default' : 'deny';
  }

  /** How many of these columns it may reach. */
  reach(row: WorkloadRow, columns: readonly number[]): number {
    return columns.reduce((sum, column) => sum + (this.answer(row, column).verdict === 'Accept' ? 1 : 0), 0);
  }

  select({ who, where, namespace, reachable }: Filter): Selected {
    const words = wordsIn(who);
    const rows = this.rows.filter(
      (row) => (namespace === '' || row.namespace === namespace) && words.every((word) => row.text.includes(word)),
    );
    const profiles = new Map(rows.map((row) => [row.profile, row]));
    const columns = this.columns.flatMap((column, index) => {
      if (!this.#fits(column, index, wordsIn(where), profiles.values())) return [];
      const open = !reachable || [...profiles.values()].some((row) => this.#isOpen(row, index));
      return open ? [index] : [];
    });
    return { rows, columns };
  }

  #isOpen(row: WorkloadRow, column: number): boolean {
    const { verdict, partial } = this.answer(row, column);
    return verdict === 'Accept' || partial;
  }

  #fits(
    { destination, port, protocol }: ColumnView,
    index: number,
    words: readonly string[],
    rows: Iterable<WorkloadRow>,
  ): boolean {
    const text = `${destination} ${port}/${protocol}`.toLowerCase();
    const policies = words.some((word) => word.startsWith('policy:'))
      ? [...rows].map((row) => this.answer(row, index).policy?.toLowerCase() ?? '')
      : [];
    return words.every((word) => {
      if (!word.startsWith('policy:')) return text.includes(word);
      const wanted = word.slice('policy:'.length);
      return policies.some((policy) => policy.includes(wanted));
    });
  }
}

function pairsIn(pairs: readonly number[]): ReadonlyMap<number, number> {
  const map = new Map<number, number>();
  for (let at = 0; at + 1 < pairs.length; at += 2) map.set(pairs[at] ?? 0, pairs[at + 1] ?? 0);
  return map;
}

function wordsIn(text: string): readonly string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}
