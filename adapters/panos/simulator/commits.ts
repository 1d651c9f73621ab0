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

/** Whose, and when it ends. */
export interface Order {
  readonly user: string;
  /** The administrator of the edits; absent: all. */
  readonly admins: readonly string[];
  readonly endsAt: number;
}

export function enqueued(state: State, order: Order): State | 'nothing to do' {
  return withJob(state, 'Commit', order, [state.edited, state.candidate, state.running]);
}

/** Of a Panorama: what it has in force, to the firewall. */
export function pushEnqueued(state: State, order: Order): State | 'nothing to do' {
  return withJob(state, 'CommitAll', order, [state.unpushed, state.running, state.pushed]);
}

function withJob(
  state: State,
  type: Job['type'],
  { user, admins, endsAt }: Order,
  [open, from, to]: readonly [State['edited'], Config, Config],
): State | 'nothing to do' {
  if (state.jobs.some(({ status }) => status !== 'FIN'))
    throw new Refusal(13, 'Another commit/validate is in progress. Please try again later');
  const closes = [...open].flatMap(([key, admin]) => (isOf(admins, admin) ? [key] : []));
  if (closes.length === 0 && type === 'Commit') return 'nothing to do';
  const target = mixed(from, to, (key) => closes.includes(key));
  const work = { status: 'ACT', result: 'PEND', details: '' } as const;
  return {
    ...state,
    jobs: [...state.jobs, { id: state.jobs.length + 1, type, user, endsAt, target, closes, ...work }],
  };
}

/** What is due by now is in force. */
export function advanced(state: State, now: number, trouble: string | undefined): State {
  const due = state.jobs.find(({ status, endsAt }) => status === 'ACT' && endsAt <= now);
  if (due === undefined) return state;
  const result = trouble === undefined ? 'OK' : 'FAIL';
  const details = trouble ?? 'Configuration committed successfully';
  const jobs = state.jobs.map((job) => (job === due ? ({ ...job, status: 'FIN', result, details } as const) : job));
  if (trouble !== undefined) return { ...state, jobs };
  const isLeft = ([key]: readonly [string, string]): boolean => !due.closes.includes(key);
  if (due.type === 'CommitAll')
    return { ...state, jobs, pushed: due.target, unpushed: new Map([...state.unpushed].filter(isLeft)) };
  const committed = [...state.edited].filter((one) => !isLeft(one));
  const unpushed = new Map([...state.unpushed, ...committed]);
  return { ...state, jobs, unpushed, edited: new Map([...state.edited].filter(isLeft)), running: due.target };
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
