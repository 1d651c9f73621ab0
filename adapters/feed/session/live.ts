import { maxOf, minOf } from '../../../src/core/model/extremes.ts';
import type { Live } from '../../../src/adapter/adapter.ts';
import type { ConsumerConfig, FeedConfig } from '../config.ts';
import type { Publication } from '../formats/publication.ts';
import { noAccess, type Access, type Refusal } from '../serve/access-log.ts';

interface Standing {
  readonly name: string;
  /** What it has yet to do; undefined: it has what is published, and comes as often as it should. */
  readonly lacks?: string;
  /** When it has to come again, milliseconds since the epoch. */
  readonly dueAt: number;
}

/**
 * What the consumers enforce, by who fetched what when: all that is published now, and no longer ago than the interval that is configured.
 *
 * @param access undefined: no server of this feed has told of any
 */
export function liveOf(
  publication: Publication,
  access: Access = noAccess,
  { consumers }: Pick<FeedConfig, 'consumers'>,
  now: number,
): Live {
  if (consumers.length === 0)
    return {
      state: 'unknown',
      evidence: 'config.consumers is empty, so Postern does not know which devices enforce the feed',
    };
  const standings = consumers.map((consumer) => standingOf(consumer, publication, access, now));
  const lacking = standings.flatMap(({ name, lacks }) => (lacks === undefined ? [] : [`${name} ${lacks}`]));
  if (lacking.length > 0) return { state: 'pending', evidence: lacking.join('; ') };
  const names = consumers.map(({ name }) => name).join(', ');
  const due = minOf(standings.map(({ dueAt }) => dueAt));
  const evidence = `fetched by ${names}`;
  return { state: 'live', evidence, ...(due < Infinity && { lookAgainAfterMs: Math.max(1_000, due - now) }) };
}

/** A fetch may be late by as much as a tenth of its interval, and the time that it takes. */
function allowedMs({ intervalSeconds }: ConsumerConfig): number {
  return intervalSeconds * 1_100 + 10_000;
}

function standingOf(
  consumer: ConsumerConfig,
  publication: Publication,
  { fetches, refusals }: Access,
  now: number,
): Standing {
  const { name } = consumer;
  const fetched = fetches[name] ?? {};
  const wanted = publication.pathsFor(consumer);
  const last = maxOf(Object.values(fetched).map(({ at }) => Date.parse(at)));
  const refused = turnedAway(refusals[name], last, now - allowedMs(consumer));
  const lacks = (what: string): Standing => ({ name, lacks: refused ?? what, dueAt: Infinity });
  if (last === -Infinity) return wanted.length === 0 ? { name, dueAt: Infinity } : lacks('has never come');
  // The clock of the server is not ours: of what it says of the future nothing follows.
  if (last - now > allowedMs(consumer))
    return lacks(
      `has come at ${new Date(last).toISOString()}, which is yet to be: set the clocks of the worker and of the server of the feed`,
    );
  if (now - last > allowedMs(consumer)) return lacks(`has not come since ${new Date(last).toISOString()}`);
  const missing = wanted.find((path) => fetched[path] === undefined);
  if (missing !== undefined) return lacks(`has never fetched ${missing}: add it there`);
  let oldest = last;
  for (const [path, { etag, at }] of Object.entries(fetched)) {
    const since = Date.parse(at);
    const late = now - since > allowedMs(consumer);
    // What is no longer published, and no longer fetched beside the rest, was taken out there, too.
    if (late && !wanted.includes(path)) continue;
    if (late) return lacks(`has not fetched ${path} since ${at}`);
    if (publication.find(path)?.etag !== etag) return lacks(`has fetched ${path} last before it changed`);
    oldest = Math.min(oldest, since);
  }
  return { name, dueAt: oldest + allowedMs(consumer) };
}

/** Why a consumer that lacks something was turned away, if it was since it last fetched, and not long ago. */
function turnedAway(refusal: Refusal | undefined, lastFetch: number, notBefore: number): string | undefined {
  if (refusal === undefined || Date.parse(refusal.at) < Math.max(lastFetch, notBefore)) return undefined;
  return refusal.why === 'address'
    ? 'is turned away: it comes from an address that is not in its networks (from)'
    : 'is turned away: what it shows is not the credential that the server of the feed has for it';
}
