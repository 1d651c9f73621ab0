import type { UnflaggedRule, PointReport } from './point-report.ts';
import { lineageOf, type MeshEntry, type PointEntry, type RecordEntry, type RuleEntry } from '../report.ts';

/** A point whose rules know their counterparts in the mesh and have their flags. */
export interface JoinedPoint {
  readonly point: PointEntry;
  readonly rules: readonly RuleEntry[];
}

/**
 * Finds for every rule at the perimeter its counterparts in the mesh, and then flags it. Linear in all rules.
 *
 * @param chosen whether a point is reported; the others are only compared with
 */
export function joinPoints(
  reports: readonly PointReport[],
  recordOf: (point: string) => RecordEntry | null,
  chosen: (point: string) => boolean = () => true,
): readonly JoinedPoint[] {
  const meshes = reports.filter(({ point }) => point.inMesh === true).map(meshOf);
  return reports
    .filter(({ point }) => chosen(point.name))
    .map(({ point, rules }) => {
      const others = point.inMesh === true ? [] : meshes;
      const flagged = rules.map((rule) => finished(rule, others));
      const count = (state: RuleEntry['live']['state']): number =>
        flagged.reduce((sum, { live }) => (live.state === state ? sum + 1 : sum), 0);
      const counts = { live: count('yes'), notLive: count('no'), unknown: count('not known') };
      const withFlags = flagged.filter(({ flags }) => flags.length > 0).length;
      return { point: { ...point, ...counts, flagged: withFlags, record: recordOf(point.name) }, rules: flagged };
    });
}

interface Mesh {
  readonly point: string;
  /** Names of objects by where the rule comes from. */
  readonly objects: ReadonlyMap<string, readonly string[]>;
}

function meshOf({ point, rules }: PointReport): Mesh {
  const objects = new Map<string, readonly string[]>();
  for (const { entry } of rules) {
    if (entry.policy === null) continue;
    const lineage = lineageOf(entry.policy);
    objects.set(lineage, [...new Set([...(objects.get(lineage) ?? []), ...(entry.deviceRules ?? [])])]);
  }
  return { point: point.name, objects };
}

function finished({ entry, flag }: UnflaggedRule, meshes: readonly Mesh[]): RuleEntry {
  const lineage = entry.policy === null ? undefined : lineageOf(entry.policy);
  // The default rule belongs to each point.
  const own = entry.policy?.kind === 'EnforcementPoint';
  const mesh =
    meshes.length === 0 || own || lineage === undefined
      ? null
      : meshes.map(({ point, objects }): MeshEntry => ({ point, objects: objects.get(lineage) ?? [] }));
  const whole = { ...entry, mesh };
  return { ...whole, flags: flag(whole) };
}
