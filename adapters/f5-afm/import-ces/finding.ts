import type { Finding } from '../../../src/adapter/importer.ts';
import { firstFew } from '../../../src/core/text/wording.ts';

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
  return firstFew(items, 3);
}
