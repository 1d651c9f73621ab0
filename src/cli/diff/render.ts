import type { FlowChange } from '../../diff/flow-changes.ts';
import type { Io } from '../io.ts';
import type { Difference } from './difference.ts';

/** How a difference is told. */
export interface DiffOutput {
  readonly output: 'text' | 'json' | 'markdown' | 'sarif';
  /** What an exit code other than 0 is for. */
  readonly failOn: 'any' | 'opened' | 'closed' | 'none';
}

export function failsOn(failOn: DiffOutput['failOn'], changes: readonly FlowChange[]): boolean {
  const counts = failOn === 'any' ? ['opened', 'closed'] : [failOn];
  return changes.some(({ change }) => counts.includes(change));
}

export async function render(format: DiffOutput['output'], difference: Difference, io: Io): Promise<Iterable<string>> {
  switch (format) {
    case 'text':
      return (await import('./text.ts')).differenceText(difference, io);
    case 'json':
      return (await import('./json.ts')).differenceJson(difference);
    case 'markdown':
      return (await import('./markdown.ts')).differenceMarkdown(difference);
    case 'sarif':
      return (await import('./sarif.ts')).differenceSarif(difference);
  }
}
