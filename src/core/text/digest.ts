import { hash } from 'node:crypto';

/** 12 hexadecimal digits that stand for a text. */
export function digest(text: string): string {
  return hash('sha256', text).slice(0, 12);
}
