import type { Condition } from '../../api/meta.ts';
import type { Drift } from '../model/outcome.ts';
import { sentenceOf } from './drift.ts';

/** Something worth an Event on the object that it happened to. */
export interface Occurrence {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, for machines. */
  readonly reason: string;
  /** What was being done, CamelCase. */
  readonly action: string;
  /** For people. */
  readonly note: string;
}

/**
 * What happened between two statuses of one object:
 *
 *   condition turned False, or is False for another reason      Warning; Normal where that is the way of things
 *   condition turned True in an emergency                       Warning
 *   condition turned True after it was False                    Normal
 *   Programmed turned True for the first time, or again         Normal
 *   anything else (a first judgement, waiting)                  nothing: no user is affected
 */
export function transitions(before: readonly Condition[], after: readonly Condition[]): readonly Occurrence[] {
  const known = new Map(before.map((condition) => [condition.type, condition]));
  return after.flatMap((condition): Occurrence[] => {
    const previous = known.get(condition.type);
    const { type: judged, status, reason, message } = condition;
    const action = actions[judged] ?? 'Judge';
    if (status === 'False' || emergencies.has(reason)) {
      const same = previous?.status === status && previous.reason === reason;
      const type = expected.has(reason) ? 'Normal' : 'Warning';
      return same ? [] : [{ type, reason, action, note: message }];
    }
    const turned = previous?.status === 'False' || (judged === 'Programmed' && previous?.status !== 'True');
    return status === 'True' && turned ? [{ type: 'Normal', reason, action, note: message }] : [];
  });
}

/** Reasons for which True is no good news. */
const emergencies: ReadonlySet<string> = new Set(['BrokeGlass']);

/** Reasons for which False is no bad news. */
const expected: ReadonlySet<string> = new Set(['Superseded', 'Ended']);

const actions: Readonly<Record<string, string>> = {
  Accepted: 'Read',
  ResolvedRefs: 'Resolve',
  Programmed: 'Sync',
  Approved: 'Approve',
};

const shown = 3;

/** A device that another client has changed. */
export function driftOccurrence({ healed, count, differences }: Drift): Occurrence {
  const rest = count - shown;
  const list = `${differences.slice(0, shown).map(sentenceOf).join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`;
  const end = healed ? 'Corrected.' : 'Not corrected; `postern drift` shows every difference.';
  return {
    type: 'Warning',
    reason: healed ? 'DriftHealed' : 'DriftFound',
    action: 'Read',
    note: `The device was changed outside Postern: ${list}. ${end}`,
  };
}
