import type { Finding } from '../importer.ts';
import type { Remark } from '../outcome.ts';
import { firstFew } from '../../core/text/wording.ts';

/** An object of the input, as far as a report names it. */
export interface Subject {
  /** Index in the input. */
  readonly input: number;
  /** `ServiceEgressRule/shop/billing` */
  readonly subject: string;
}

export function about({ subject, input }: Subject, remark: Remark): Finding {
  return { ...remark, subject, input };
}

/** What CES does with a rule that is something else here, if the rule is here. */
export interface Differing extends Remark {
  /** What it is here: the end of the message; the message says what it is in CES. */
  readonly here: string;
}

/** Of a rule of which nothing is written, no difference is told: it is not here. */
export function differing(subject: Subject, { here, message, ...remark }: Differing, isWritten: boolean): Finding {
  return isWritten
    ? about(subject, { ...remark, message: `${message}; here ${here}` })
    : about(subject, { ...remark, effect: 'lost', message: `${message}; nothing of the rule is here` });
}

/** `a, b, c and 4 more` */
export function some(items: readonly string[]): string {
  return firstFew(items, 3);
}
