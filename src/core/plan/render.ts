import { phases, type Change, type Phase } from '../model/plan.ts';
import type { Paint } from '../text/paint.ts';
import type { Resource } from '../model/resource.ts';
import { firstFew, counted } from '../text/wording.ts';

/** How one kind of change looks in a list that people scan. */
const symbols: Readonly<Record<Change['op'], '+' | '~' | '-'>> = {
  create: '+',
  update: '~',
  members: '~',
  move: '~',
  delete: '-',
};

const meanings = { '+': 'add', '~': 'change', '-': 'remove' } as const;
const phaseWords: Readonly<Record<Phase, string>> = {
  revoke: 'take away what must go',
  grow: 'prepare objects not in use yet',
  wire: 'put rules in their places',
  extend: 'let new members in',
  shrink: 'clear up',
  activate: 'make it so',
};

/**
 * A plan as lines for people: phase by phase, `+ ~ -`, and a closing line that counts.
 *
 * @param nativeCalls how many requests to the device it takes
 * @param paint colours; leaves the text as it is when absent
 */
export function renderPlan(changes: readonly Change[], nativeCalls: number, paint: Paint = (text) => text): string {
  if (changes.length === 0) return 'Nothing to do: the device is as desired.';
  const lines = phases.flatMap((phase) => {
    const inPhase = changes.filter((change) => change.phase === phase);
    return inPhase.length === 0
      ? []
      : [paint(`  ${phase}: ${phaseWords[phase]}`, 'dim'), ...inPhase.map((change) => line(change, paint))];
  });
  return [...lines, summary(changes, nativeCalls)].join('\n');
}

/** `3 to add, 1 to change, 0 to remove, in 2 native calls`; without the calls where nothing was sent. */
export function summary(changes: readonly Change[], nativeCalls: number): string {
  const count = (symbol: string): number => changes.filter(({ op }) => symbols[op] === symbol).length;
  const calls = nativeCalls === 0 ? '' : `, in ${nativeCalls} native ${nativeCalls === 1 ? 'call' : 'calls'}`;
  return `${count('+')} to add, ${count('~')} to change, ${count('-')} to remove${calls}`;
}

function line(change: Change, paint: Paint): string {
  const symbol = symbols[change.op];
  return (
    paint(`    ${symbol} ${change.key.kind} ${change.key.name}`, meanings[symbol]) +
    paint(title(change) + detail(change), 'dim')
  );
}

function title({ after }: Change): string {
  return after?.title === undefined ? '' : `  ${after.title}`;
}

function detail(change: Change): string {
  switch (change.op) {
    case 'create':
      return createDetail(change.after) + (change.place ? `  ${where(change.place.after)}` : '');
    case 'update':
      return `  ${changedFields(change.before, change.after).join(', ')}`;
    case 'members':
      return `  ${firstFew([...change.remove.map((member) => `-${member}`), ...change.add.map((member) => `+${member}`)], 8, ' ')}`;
    case 'move':
      return `  ${where(change.place.after)}`;
    case 'delete':
      return '';
  }
}

function createDetail({ members }: Resource): string {
  if (members === undefined) return '';
  return `  ${counted(members.length, 'member')}`;
}

function where(after: string | null): string {
  return after === null ? 'at the top' : `after ${after}`;
}

function changedFields(before: Resource, after: Resource): string[] {
  const fields = new Set([...Object.keys(before.spec), ...Object.keys(after.spec)]);
  return [...fields].filter((field) => JSON.stringify(before.spec[field]) !== JSON.stringify(after.spec[field])).sort();
}
