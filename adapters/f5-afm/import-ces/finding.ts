import type { Problem } from '../../../src/core/model/problem.ts';

/**
 * One line of the report of an import.
 *
 * - `carried`: it is here, and means the same.
 * - `changed`: it is here, and means something else in a case that the message names.
 * - `lost`: it is not here.
 * - `unsafe`: it was a hole in the original, which is closed here, or kept and pointed at.
 */
export interface Finding extends Problem {
  readonly effect: 'carried' | 'changed' | 'lost' | 'unsafe';
  /** Index of the object in the input; absent for what is about the import as a whole. */
  readonly input?: number;
}

/** An object of the input, as far as a report names it. */
export interface Subject {
  /** Index in the input. */
  readonly input: number;
  /** `ServiceEgressRule/shop/billing` */
  readonly subject: string;
}

export type Remark = Omit<Finding, 'subject' | 'input'>;

export function about({ subject, input }: Subject, remark: Remark): Finding {
  return { ...remark, subject, input };
}

/** `a, b, c and 4 more` */
export function some(items: readonly string[]): string {
  const shown = items.slice(0, 3).join(', ');
  return items.length > 3 ? `${shown} and ${items.length - 3} more` : shown;
}
