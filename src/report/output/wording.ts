import { counted } from '../../core/text/wording.ts';
import { flagCodes, type FlagCode, type Made, type PointEntry, type RuleEntry } from '../report.ts';

/*
 * The sentences of a report, for a terminal and for the page.
 */

export function aboutMaking({ at, about, from, inputs, record, live, version }: Made): string {
  const what = {
    record: `only the audit record in ${record}`,
    files: `${inputs.join(', ')} and the audit record in ${record}`,
    cluster: `the cluster ${inputs.join(', ')} and the audit record in ${record}`,
  }[from];
  const devices =
    from === 'record' ? 'what it does not say is not known' : live ? 'the devices were asked' : 'no device was read';
  return `Made ${at === about ? '' : `at ${at} `}by Postern ${version} from ${what}; ${devices}.`;
}

/** What the point is, its rules, and its last reading. */
export function aboutPoint(point: PointEntry): readonly string[] {
  const { adapter, mode, version, rules, live, notLive, unknown, flagged, assumes } = point;
  const kind = [adapter ?? 'adapter not known', version ?? 'version not known', mode ?? 'mode not known'].join(', ');
  const parts = [
    `${live} in force`,
    ...(notLive > 0 ? [`${notLive} not`] : []),
    ...(unknown > 0 ? [`${unknown} not known`] : []),
  ];
  const count = `${rules} ${rules === 1 ? 'rule' : 'rules'}: ${parts.join(', ')}; ${flagged} to look at`;
  return [`(${kind})`, count, `device: ${aboutDrift(point)}`, ...(assumes ?? [])];
}

export function aboutDrift({ drift }: Pick<PointEntry, 'drift'>): string {
  if (drift === null) return 'not known when it was last read';
  const { at, complete, differences } = drift;
  if (!complete) return `not read completely at ${at}`;
  return differences === 0
    ? `as desired when read at ${at}`
    : `${counted(differences, 'difference')} when read at ${at}`;
}

export function aboutRecord({ record }: Pick<PointEntry, 'record'>): string {
  if (record === null || record.records === 0) return 'record: empty';
  const { records, from, to, chain, faults, hash, unsettled } = record;
  const checked = {
    intact: 'chain intact',
    faulty: `chain with ${counted(faults, 'fault').toUpperCase()}`,
    'not checked': 'chain not checked',
  };
  const open = unsettled === 0 ? '' : `, ${counted(unsettled, 'write')} without an outcome`;
  const many = counted(records, 'record');
  return `record: ${many} from ${from} to ${to}${open}; ${checked[chain]}; ends in ${hash}`;
}

/** `shop Deployment/checkout`; if that is not one workload, or not known, the titles of the groups. */
export function sourceOfRule({ who, subject }: RuleEntry): string {
  const [only, ...more] = who ?? [];
  if (only !== undefined && more.length === 0) return `${only.namespace} ${only.workload}`;
  return subject === '' ? 'everybody' : subject;
}

/** `2026-01-31`; `-`: none; `?`: not known. */
export function dayOf(time: string | null): string {
  if (time === null) return '?';
  return time === '' ? '-' : time.slice(0, 10);
}

/** How many rules have each flag, the most serious first. */
export function flagCounts(rules: readonly RuleEntry[]): readonly (readonly [FlagCode, number])[] {
  const counts = new Map<FlagCode, number>();
  for (const { flags } of rules)
    for (const code of new Set(flags.map((flag) => flag.code))) counts.set(code, (counts.get(code) ?? 0) + 1);
  return flagCodes.flatMap((code) => {
    const count = counts.get(code);
    return count === undefined ? [] : [[code, count] as const];
  });
}

/** `network-policy: NetworkPolicy shop/checkout`, or `none at ...`. */
export function meshText(mesh: RuleEntry['mesh']): string {
  return (mesh ?? [])
    .map(({ point, objects }) => (objects.length === 0 ? `none at ${point}` : `${point}: ${objects.join(' ')}`))
    .join('; ');
}

/** Flags shown as bad rather than as a warning. */
export const heavyFlags: ReadonlySet<FlagCode> = new Set([
  'not-wanted',
  'not-live',
  'insecure-service',
  'any-destination',
]);
