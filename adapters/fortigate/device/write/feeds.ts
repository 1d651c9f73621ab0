import { isClass, repeatable } from '../../../../kit/common/api/answers.ts';
import type { ChangeOf } from '../../../../kit/common/dispatch.ts';
import { isObject, textOf } from '../../../../kit/common/api/json.ts';
import { canonicalMember } from '../../../../kit/common/groups/members.ts';
import type { Outcome } from '../../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import type { Change } from '../../../../src/core/model/plan.ts';
import type { ResourceKey } from '../../../../src/core/model/resource.ts';
import { canonicalAddress } from '../../../../src/net/address.ts';
import type { Ask } from '../../api/client.ts';
import { rowsOf } from '../../api/envelope.ts';
import { tables } from '../../objects/names.ts';
import type { Work } from '../device.ts';
import { createEntry } from './entries.ts';
import type { Feed } from '../inventory.ts';

/*
 * Threat feeds of type address with update-method push (FortiOS 7.2.1 and later): an object in the configuration, and
 * its entries, which are pushed past the configuration and change without a commit.
 */

const dynamic = 'system/external-resource/dynamic';
const entryList = 'system/external-resource/entry-list';

interface Command {
  readonly name: string;
  readonly command: 'snapshot' | 'add' | 'remove';
  readonly entries: readonly string[];
}

/** What a feed holds, and what of it the data plane took: by its counts where the answer has them, else entry by entry. */
export async function readFeed(ask: Ask, name: string): Promise<Feed> {
  const answer = await ask({ method: 'GET', base: 'monitor', table: entryList, query: { mkey: name } });
  const { entries, overflow = 0, ...counts } = rowsOf(answer)[0] ?? {};
  const all: readonly Json[] = Array.isArray(entries) ? (entries as readonly Json[]) : [];
  const texts = all.map((entry) => (isObject(entry) ? textOf(entry['entry']) : textOf(entry)));
  const refused = all.filter((entry) => isObject(entry) && entry['valid'] === false).length;
  const members = [...new Set(texts.map((text) => canonicalAddress(text) ?? canonicalMember(text)))].sort();
  return {
    members,
    valid: Number(counts['valid_count'] ?? members.length - refused),
    invalid: Number(counts['invalid_count'] ?? refused),
    overflow: overflow === true || Number(overflow) > 0,
  };
}

/** A new feed exists before any policy names it, so it can be filled after it was made. */
export async function createFeed(work: Work, change: ChangeOf<'create'>): Promise<void> {
  const { name } = change.key;
  await createEntry(work, tables.feed, name, change.after.spec);
  const entries = change.after.members ?? [];
  if (entries.length === 0) return;
  const [outcome] = await push(work.ask, [{ key: change.key, command: { name, command: 'snapshot', entries } }]);
  if (outcome?.result === 'error') throw outcome.error;
}

/**
 * One push for all these changes, in their order; each has its own outcome. A push that is refused as a whole is sent
 * change by change, so that one bad entry does not hold up the others.
 */
export async function changeFeeds(ask: Ask, changes: readonly Change[]): Promise<readonly Outcome[]> {
  try {
    return await pushChanges(ask, changes);
  } catch (error) {
    if (changes.length === 1 || !isClass(error, 'invalid', 'not-found')) throw error;
    return await oneByOne(ask, changes);
  }
}

/** After a removal that failed, no address is added. */
async function oneByOne(ask: Ask, changes: readonly Change[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  let open: AdapterError | undefined;
  for (const change of changes) {
    const narrows = change.phase === 'revoke' || change.phase === 'grow';
    const outcome = open === undefined || narrows ? await pushOne(ask, change) : failed(change.key, open);
    if (outcome.result === 'error' && narrows) open ??= outcome.error;
    outcomes.push(outcome);
  }
  return outcomes;
}

async function pushOne(ask: Ask, change: Change): Promise<Outcome> {
  try {
    const [outcome] = await pushChanges(ask, [change]);
    return outcome ?? { key: change.key, result: 'done' };
  } catch (error) {
    if (!isClass(error, 'invalid', 'not-found')) throw error;
    return failed(change.key, error);
  }
}

async function pushChanges(ask: Ask, changes: readonly Change[]): Promise<readonly Outcome[]> {
  const commands = changes.map(commandsOf);
  const answered = await push(ask, commands.flat());
  let at = 0;
  return changes.map(({ key }, index) => {
    const own = answered.slice(at, (at += commands[index]?.length ?? 0));
    return own.find(({ result }) => result === 'error') ?? { key, result: 'done' };
  });
}

/** Removals first: the address of a pod that ended may belong to another one by now. */
function commandsOf(change: Change): readonly Keyed[] {
  if (change.op !== 'members') return [];
  const { add, remove, key } = change;
  const commands: readonly Command[] = [
    { name: key.name, command: 'remove', entries: remove },
    { name: key.name, command: 'add', entries: add },
  ];
  return commands.filter(({ entries }) => entries.length > 0).map((command) => ({ key, command }));
}

function failed(key: ResourceKey, error: AdapterError): Outcome {
  return { key, result: 'error', error };
}

interface Keyed {
  readonly key: ResourceKey;
  readonly command: Command;
}

/** Adding, removing and setting entries may be repeated, so a push whose answer was lost is sent again. */
async function push(ask: Ask, commands: readonly Keyed[]): Promise<readonly Outcome[]> {
  if (commands.length === 0) return [];
  const body = { commands: commands.map(({ command }) => ({ ...command })) };
  const answer = await repeatable(() => ask({ method: 'POST', base: 'monitor', table: dynamic, body }));
  const results = rowsOf(answer);
  return commands.map(({ key, command }, index) => outcomeOf(key, command, results[index]));
}

function outcomeOf(key: ResourceKey, { name, command }: Command, result: JsonObject | undefined): Outcome {
  const request = `POST /api/v2/monitor/${dynamic}`;
  const invalid = result?.['invalidEntries'];
  const refused: readonly Json[] = Array.isArray(invalid) ? (invalid as readonly Json[]) : [];
  if (refused.length > 0) {
    const message = `${request}: feed ${name} does not take ${refused.map(textOf).slice(0, 5).join(', ')}.`;
    return { key, result: 'error', error: new AdapterError('invalid', message, { request }) };
  }
  if (result === undefined || textOf(result['status']) === 'success') return { key, result: 'done' };
  const said = textOf(result['error']).slice(0, 160);
  const missing = /not found|not exist/i.test(said);
  const message = `${request}: ${command} at feed ${name} failed${said === '' ? '' : ` (${said})`}.`;
  return { key, result: 'error', error: new AdapterError(missing ? 'not-found' : 'invalid', message, { request }) };
}
