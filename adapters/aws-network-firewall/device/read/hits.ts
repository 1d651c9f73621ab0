import { objectsIn, textOf } from '../../../../kit/common/api/json.ts';
import { Ownership } from '../../../../kit/common/ownership/ownership.ts';
import type { RuleHit } from '../../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { formatInstant } from '../../../../src/core/time/instant.ts';
import { lineAction, lineOwner, lineSid } from '../../objects/line.ts';
import { nameIn } from '../../objects/names.ts';
import type { Firewall } from '../known.ts';
import { readGroups } from './groups.ts';

/*
 * Network Firewall counts nothing. Its alert log says which line decided, by number; CloudWatch Logs Insights counts
 * that. A line that passes is in the log only where its rule says `log`.
 */

const patience = { polls: 30, delayMs: 1_000 } as const;

/** Rules that were hit in the last hours; of others nothing is said. @throws AdapterError */
export async function ruleHits(firewall: Firewall): Promise<readonly RuleHit[]> {
  const groups = await readGroups(firewall, new Ownership(firewall.owner, 'description'));
  const lines = groups.ours.flatMap(({ rules }) => rules.flatMap((rule) => rule.lines));
  const bySid = new Map(lines.map((line) => [lineSid(line), line]));
  const hits = new Map<string, RuleHit>();
  for (const row of await counted(firewall)) {
    const line = bySid.get(row.sid);
    const owner = line === undefined ? undefined : lineOwner(line);
    // What a later line stops is logged for every line that would have passed it, too.
    if (line === undefined || owner === undefined || (lineAction(line) === 'Accept' && row.verdict === 'drop'))
      continue;
    hits.set(owner.id, joined(hits.get(owner.id), { rule: owner.id, ...row.times, hits: row.count }));
  }
  return [...hits.values()];
}

function joined(one: RuleHit | undefined, other: RuleHit): RuleHit {
  if (one === undefined) return other;
  const [firstHit] = [one.firstHit ?? '', other.firstHit ?? ''].filter(Boolean).sort();
  const lastHit = [one.lastHit ?? '', other.lastHit ?? ''].sort().at(-1) ?? '';
  return { rule: one.rule, hits: one.hits + other.hits, ...(firstHit && { firstHit }), ...(lastHit && { lastHit }) };
}

interface Row {
  readonly sid: string;
  readonly verdict: string;
  readonly count: number;
  readonly times: Pick<RuleHit, 'firstHit' | 'lastHit'>;
}

async function counted({ ask, config, clock }: Firewall): Promise<readonly Row[]> {
  const { alertLog } = config;
  if (alertLog === undefined) return [];
  const now = Math.ceil(clock.now() / 1_000);
  const { queryId } = await ask.logs('StartQuery', {
    logGroupName: alertLog.group,
    startTime: now - alertLog.hours * 3_600,
    endTime: now,
    limit: 10_000,
    queryString: `filter firewall_name = "${nameIn(config.firewall)}" and event.event_type = "alert" | stats count(*) as hits, min(event_timestamp) as first, max(event_timestamp) as last by event.alert.signature_id, event.verdict.action`,
  });
  for (let poll = 1; poll <= patience.polls; poll += 1) {
    const answer = await ask.logs('GetQueryResults', { queryId: textOf(queryId) });
    const status = textOf(answer['status']);
    if (status === 'Complete') return rowsIn(answer);
    if (!/^(Scheduled|Running|Unknown)$/.test(status))
      throw new AdapterError('transient', `CloudWatch Logs ended the query of ${alertLog.group} as ${status}.`);
    await clock.sleep(patience.delayMs);
  }
  const message = `CloudWatch Logs did not finish the query of ${alertLog.group}: set fewer alertLog.hours.`;
  throw new AdapterError('transient', message);
}

function rowsIn(answer: JsonObject): readonly Row[] {
  const rows = Array.isArray(answer['results']) ? (answer['results'] as readonly Json[]) : [];
  return rows.map((row) => {
    const fields = new Map(objectsIn(row).map(({ field, value }) => [textOf(field), textOf(value)]));
    const at = (field: string): string => {
      const seconds = Number(fields.get(field));
      return seconds > 0 ? formatInstant(seconds * 1_000) : '';
    };
    const [firstHit, lastHit] = [at('first'), at('last')];
    return {
      sid: fields.get('event.alert.signature_id') ?? '',
      verdict: fields.get('event.verdict.action') ?? '',
      count: Number(fields.get('hits') ?? 0),
      times: { ...(firstHit && { firstHit }), ...(lastHit && { lastHit }) },
    };
  });
}
