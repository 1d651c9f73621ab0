import type { EnforcementPoint } from '../../api/kinds.ts';
import type { DesiredState, Rule, WithheldNamespace } from '../model/desired.ts';
import type { Steps } from '../model/steps.ts';
import type { Problem } from '../../api/problem.ts';
import { sameMeaning } from './changes.ts';
import { readCoverage, type Coverage } from './inputs/coverage.ts';
import type { RuleTable } from './rules/rule-table.ts';

interface Point {
  readonly object: EnforcementPoint;
  readonly table: RuleTable;
  readonly problems: readonly Problem[];
  /** Built when somebody asks; undefined while out of date. */
  rules: readonly Rule[] | undefined;
  desired: DesiredState | undefined;
}

/** The enforcement points and their rule tables, which points with the same coverage share. */
export class Points {
  readonly #newTable: (coverage: Coverage) => RuleTable;
  readonly #withheldFrom: (table: RuleTable) => readonly WithheldNamespace[];
  readonly #points = new Map<string, Point>();
  /** By the key of the coverage. */
  readonly #tables = new Map<string, { readonly table: RuleTable; readonly points: Set<string> }>();

  /** @param withheldFrom the namespaces to which nothing new is permitted where these rules hold */
  constructor(
    newTable: (coverage: Coverage) => RuleTable,
    withheldFrom: (table: RuleTable) => readonly WithheldNamespace[],
  ) {
    this.#newTable = newTable;
    this.#withheldFrom = withheldFrom;
  }

  /** Returns the points that are new, gone or different. */
  *updating(changes: ReadonlyMap<string, EnforcementPoint | undefined>): Steps<ReadonlySet<string>> {
    const renewed = new Set<string>();
    for (const [name, object] of changes) {
      const before = this.#points.get(name);
      if (sameMeaning(before?.object, object)) continue;
      renewed.add(name);
      const after = object && (yield* this.#declaring(name, object));
      if (before && before.table !== after?.table) this.#leave(name, before.table);
      if (after) this.#points.set(name, after);
      else this.#points.delete(name);
    }
    return renewed;
  }

  tables(): readonly RuleTable[] {
    return [...this.#tables.values()].map(({ table }) => table);
  }

  tableOf(name: string): RuleTable | undefined {
    return this.#points.get(name)?.table;
  }

  pointsOf({ coverage }: RuleTable): Iterable<string> {
    return this.#tables.get(coverage.key)?.points ?? [];
  }

  /** The same object until `outdate`. */
  desired(name: string): DesiredState | undefined {
    const point = this.#points.get(name);
    if (!point) return undefined;
    const { table, object } = point;
    const { uid, generation } = object.metadata;
    point.rules ??= table.rulesFor({ name, uid, generation });
    const namespaces = table.covered();
    const withheld = this.#withheldFrom(table);
    return (point.desired ??= {
      point: name,
      defaultAction: object.spec.defaultAction,
      groups: table.groups(),
      rules: point.rules,
      ...(namespaces ? { namespaces } : {}),
      ...(withheld.length > 0 ? { withheld } : {}),
    });
  }

  outdate(name: string, { rules }: { readonly rules: boolean }): void {
    const point = this.#points.get(name);
    if (!point) return;
    point.desired = undefined;
    if (rules) point.rules = undefined;
  }

  *problems(): Iterable<Problem> {
    for (const { table } of this.#tables.values()) yield* table.problems();
    for (const { problems } of this.#points.values()) yield* problems;
  }

  *#declaring(name: string, object: EnforcementPoint): Steps<Point> {
    const { coverage, problems } = readCoverage(object);
    const shared = this.#tables.get(coverage.key) ?? { table: this.#newTable(coverage), points: new Set<string>() };
    if (shared.points.size === 0) yield* shared.table.beginning();
    this.#tables.set(coverage.key, shared);
    shared.points.add(name);
    return { object, table: shared.table, problems, rules: undefined, desired: undefined };
  }

  #leave(name: string, table: RuleTable): void {
    const shared = this.#tables.get(table.coverage.key);
    if (!shared?.points.delete(name) || shared.points.size > 0) return;
    this.#tables.delete(table.coverage.key);
    table.dispose();
  }
}
