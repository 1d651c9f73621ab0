import { Refusal } from './answers.ts';
import {
  editKey,
  entriesOf,
  entryOf,
  tables,
  withEntries,
  type Config,
  type Entry,
  type Job,
  type State,
} from './state.ts';

/* Commits are jobs, one at a time; what one admin edited can be committed or taken back without the edits of others. */

/** @param admins whose edits; absent: everybody's */
export function enqueued(
  state: State,
  user: string,
  admins: readonly string[],
  endsAt: number,
): State | 'nothing to do' {
  if (state.jobs.some(({ status }) => status !== 'FIN'))
    throw new Refusal(13, 'Another commit/validate is in progress. Please try again later');
  const closes = [...state.edited].flatMap(([key, admin]) => (isOf(admins, admin) ? [key] : []));
  if (closes.length === 0) return 'nothing to do';
  const target = mixed(state.candidate, state.running, (key) => closes.includes(key));
  const job: Job = {
    id: state.jobs.length + 1,
    user,
    endsAt,
    target,
    closes,
    status: 'ACT',
    result: 'PEND',
    details: '',
  };
  return { ...state, jobs: [...state.jobs, job] };
}

/** What is due by now is in force. */
export function advanced(state: State, now: number, trouble: string | undefined): State {
  const due = state.jobs.find(({ status, endsAt }) => status === 'ACT' && endsAt <= now);
  if (due === undefined) return state;
  const isFailed = trouble !== undefined;
  const ended: Job = {
    ...due,
    status: 'FIN',
    result: isFailed ? 'FAIL' : 'OK',
    details: trouble ?? 'Configuration committed successfully',
  };
  const jobs = state.jobs.map((job) => (job === due ? ended : job));
  if (isFailed) return { ...state, jobs };
  const edited = new Map([...state.edited].filter(([key]) => !due.closes.includes(key)));
  return { ...state, jobs, edited, running: due.target };
}

/** The candidate configuration without the edits of these admins. */
export function reverted(state: State, admins: readonly string[]): State {
  const theirs = [...state.edited].flatMap(([key, admin]) => (isOf(admins, admin) ? [key] : []));
  const candidate = mixed(state.running, state.candidate, (key) => theirs.includes(key));
  return { ...state, candidate, edited: new Map([...state.edited].filter(([key]) => !theirs.includes(key))) };
}

function isOf(admins: readonly string[], admin: string): boolean {
  return admins.length === 0 || admins.includes(admin);
}

/** The entries that `isFirst` says out of the first, the others out of the second; in the order of the first. */
function mixed(first: Config, second: Config, isFirst: (key: string) => boolean): Config {
  return tables.reduce((config, table) => {
    const kept = entriesOf(first, table).flatMap((entry): Entry[] =>
      isFirst(editKey(table, entry.name)) ? [entry] : [entryOf(second, table, entry.name) ?? []].flat(),
    );
    const here = new Set(kept.map(({ name }) => name));
    const missing = entriesOf(second, table).filter(({ name }) => !here.has(name) && !isFirst(editKey(table, name)));
    return withEntries(config, table, [...kept, ...missing]);
  }, second);
}
