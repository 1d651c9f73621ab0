import { visibleText } from '../../core/text/visible.ts';
import { governed } from '../entries.ts';
import type { LintRule } from '../rule.ts';

const day = 24 * 60 * 60 * 1000;
/** What expires, or is to be reviewed, within this time is about to. */
export const reviewWarningMs = 14 * day;

/** Owner, justification, expiry and review of policies and services. */
export const governanceRules: readonly LintRule[] = [
  {
    id: 'no-owner',
    severity: 'warning',
    check: ({ snapshot }) =>
      governed(snapshot)
        .filter(({ governance }) => visibleText(governance?.owner) === '')
        .map(({ subject }) => ({
          subject,
          field: 'spec.governance.owner',
          message: 'has no owner; write who is responsible',
        })),
  },
  {
    id: 'no-justification',
    severity: 'info',
    check: ({ snapshot }) =>
      governed(snapshot)
        .filter(({ governance }) => visibleText(governance?.justification) === '')
        .map(({ subject }) => ({
          subject,
          field: 'spec.governance.justification',
          message: 'has no justification; write why it is needed, as an auditor will ask',
        })),
  },
  {
    id: 'expiring-soon',
    severity: 'warning',
    check: ({ snapshot, remaining }) =>
      governed(snapshot).flatMap(({ subject, governance }) => {
        const left = governance?.expiresAt === undefined ? NaN : remaining(governance.expiresAt);
        if (!(left > 0 && left <= reviewWarningMs)) return [];
        const days = Math.ceil(left / day);
        return [
          {
            subject,
            field: 'spec.governance.expiresAt',
            message: `expires in ${days === 1 ? 'less than a day' : `less than ${days} days`}; set a later expiresAt if it is still needed`,
          },
        ];
      }),
  },
  {
    id: 'review-due-soon',
    severity: 'warning',
    check: ({ snapshot, remaining }) =>
      governed(snapshot).flatMap(({ subject, governance }) => {
        const { reviewBy } = governance ?? {};
        const left = reviewBy === undefined ? NaN : remaining(reviewBy);
        return left > 0 && left <= reviewWarningMs
          ? [
              {
                subject,
                field: 'spec.governance.reviewBy',
                message: `is to be reviewed by ${reviewBy ?? ''}; review it, and set the next date`,
              },
            ]
          : [];
      }),
  },
  {
    id: 'review-overdue',
    severity: 'warning',
    check: ({ snapshot, remaining }) =>
      governed(snapshot).flatMap(({ subject, governance }) =>
        governance?.reviewBy !== undefined && remaining(governance.reviewBy) <= 0
          ? [
              {
                subject,
                field: 'spec.governance.reviewBy',
                message: `should have been reviewed by ${governance.reviewBy}; review it, and set the next date`,
              },
            ]
          : [],
      ),
  },
];
