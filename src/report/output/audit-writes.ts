import type { Paint } from '../../core/text/paint.ts';
import { csvLine } from './csv.ts';
import type { AuditReason } from '../../core/audit/record.ts';
import type { Write } from '../../core/audit/writes/write-log.ts';
import { objectName } from '../../core/text/wording.ts';

/*
 * The writes of the audit record, as CSV and as text.
 */

const columns = [
  'point',
  'seq',
  'at',
  'adapter',
  'reason',
  'op',
  'phase',
  'kind',
  'name',
  'id',
  'title',
  'policies',
  'changedBy',
  'add',
  'remove',
  'result',
  'errorClass',
  'message',
  'requests',
  'closedAt',
  'confirmedAt',
] as const;

export const writesCsvHeader = csvLine(columns);

/** One line. */
export function writeCsv(write: Write): string {
  const cells: Readonly<Record<(typeof columns)[number], string | number>> = {
    ...write,
    id: write.id ?? '',
    title: write.title ?? '',
    policies: (write.policies ?? []).map(policyVersion).join(' '),
    changedBy: (write.policies ?? [])
      .map(({ changedBy }) => changedBy?.manager ?? '')
      .join(' ')
      .trim(),
    add: listed(write.add, write.omitted?.add?.count),
    remove: listed(write.remove, write.omitted?.remove?.count),
    errorClass: write.errorClass ?? '',
    message: write.message ?? '',
    requests: (write.requests ?? []).map(({ request, status, count }) => `${count}x ${request} ${status}`).join('; '),
  };
  return csvLine(columns.map((column) => cells[column]));
}

function listed(members: readonly string[] = [], omitted = 0): string {
  return omitted > 0 ? `${omitted} members` : members.join(' ');
}

/** `EgressPolicy/shop/checkout@3` */
export function policyVersion(policy: NonNullable<Write['policies']>[number]): string {
  return `${objectName(policy)}@${policy.generation}`;
}

const meanings: Readonly<Record<Write['result'], 'add' | 'remove' | 'change'>> = {
  done: 'add',
  'found-done': 'add',
  pending: 'change',
  open: 'change',
  'not-sent': 'change',
  'found-not-done': 'change',
  error: 'remove',
};

/** When and where, why, what, and the outcome; a second line names rule and policy. */
export function writeText(write: Write, paint: Paint): string {
  const { at, point, reason, op, kind, name, title, result, errorClass, confirmedAt } = write;
  const what = `${op} ${kind} ${name}${members(write)}`;
  const end = [result, errorClass].filter(Boolean).join(' ');
  const seen = result === 'done' ? (confirmedAt === '' ? ', not read back yet' : `, read back ${confirmedAt}`) : '';
  const from = (write.policies ?? []).slice(0, 1).map(policyVersion).join('');
  const about = [title, from].filter(Boolean).join(', ');
  return [
    `${at} ${point} ${reasons[reason]}: ${what}: ${paint(end, meanings[result])}${seen}`,
    ...(about === '' ? [] : [paint(`  ${about}`, 'dim')]),
  ].join('\n');
}

const reasons: Readonly<Record<AuditReason, string>> = {
  'first-sync': 'first sync',
  'policy-changed': 'policy changed',
  expired: 'expired',
  'pod-added': 'pod added',
  'pod-ended': 'pod ended',
  'members-changed': 'members changed',
  'drift-healed': 'drift healed',
  withdrawn: 'withdrawn',
  adopted: 'adopted',
};

function members({ add = [], remove = [], omitted }: Write): string {
  const signed = (sign: string, list: readonly string[], count = list.length): string[] =>
    count === 0 ? [] : [list.length === 1 ? `${sign}${list.join('')}` : `${sign}${count} members`];
  const parts = [...signed('+', add, omitted?.add?.count), ...signed('-', remove, omitted?.remove?.count)];
  return parts.length === 0 ? '' : ` ${parts.join(' ')}`;
}
