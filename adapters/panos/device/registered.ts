import { isClass, repeatable } from '../../../kit/common/api/answers.ts';
import { textOf } from '../../../kit/common/api/json.ts';
import { at, elementsIn, elementText } from '../../../kit/common/api/xml.ts';
import { canonicalMember } from '../../../kit/common/groups/members.ts';
import { AdapterError, type ErrorClass } from '../../../src/adapter/errors.ts';
import { grouped } from '../../../src/core/model/grouped.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { asItShouldBe } from '../api/answers.ts';
import type { Ask } from '../api/client.ts';
import { judged } from '../api/response.ts';
import type { Registered } from './device.ts';
import { onFirewall } from './paths.ts';

/* Registered addresses: which tags an address has. They change without a commit, and are in force at once. */

type FirewallConfig = Parameters<typeof onFirewall>[0];

const pageSize = 500;
const mostReads = 3;

/**
 * Every address with a tag of any owner, page by page, up to the count that the device states. What changes between two
 * pages moves those behind it, so that one may be missed: then all of it is read again.
 */
export async function readRegistered(ask: Ask, config: FirewallConfig): Promise<Registered> {
  for (let attempt = 1; ; attempt += 1) {
    const read = await readPages(ask, config);
    if (read.complete || attempt === mostReads) return read;
  }
}

async function readPages(ask: Ask, config: FirewallConfig): Promise<Registered> {
  const tags = new Map<string, readonly string[]>();
  let [stated, length, read] = [0, pageSize, 0];
  while (length === pageSize || (length > 0 && read < stated)) {
    const page = { 'registered-ip': { limit: `${pageSize}`, 'start-point': `${read + 1}`, all: '' } };
    const cmd = { show: { object: page } };
    const answer = await ask({ type: 'op', what: 'show registered-ip', reads: true, cmd, options: onFirewall(config) });
    const entries = elementsIn(at(answer, 'result', 'entry'));
    for (const entry of entries) tags.set(canonicalMember(textOf(at(entry, '@ip'))), tagsIn(at(entry, 'tag')));
    // Of some versions the count is that of the page.
    stated = Math.max(stated, Number(elementText(at(answer, 'result', 'count')) || 0));
    length = entries.length;
    read += length;
    // A device that returns the same page again would never end.
    if (tags.size < read) break;
  }
  return { tags, complete: read >= stated && tags.size === read };
}

function tagsIn(tag: Parameters<typeof at>[0]): readonly string[] {
  return elementsIn(at(tag, 'member')).map(elementText);
}

/** A tag that an address gets or loses. */
export interface Registration {
  readonly op: 'register' | 'unregister';
  readonly ip: string;
  readonly tag: string;
  /** After which the device forgets it. */
  readonly timeoutSeconds?: number;
}

const mostPerMessage = 1_000;

/**
 * Registers and unregisters, and tells which were refused and why. The device judges each address of a message, and one
 * with several tags as a whole: what it says of such a one is found out tag by tag. What is so already is no error.
 *
 * @throws AdapterError when a message was refused as a whole
 */
export async function sendRegistrations(
  ask: Ask,
  config: FirewallConfig,
  wanted: readonly Registration[],
): Promise<ReadonlyMap<Registration, AdapterError>> {
  const refused = new Map<Registration, AdapterError>();
  let left = wanted;
  while (left.length > 0) {
    const message = left.slice(0, mostPerMessage);
    const unclear = await sendOne(ask, config, message, refused);
    for (const layer of layersOf(unclear)) await sendOne(ask, config, layer, refused);
    left = left.slice(mostPerMessage);
  }
  return refused;
}

/** Those of an address with several tags: the answer of the device does not name the tag. */
async function sendOne(
  ask: Ask,
  config: FirewallConfig,
  message: readonly Registration[],
  refused: Map<Registration, AdapterError>,
): Promise<readonly Registration[]> {
  const byEntry = grouped(message.map((one): [string, Registration] => [`${one.op} ${one.ip}`, one]));
  const cmd = messageOf([...byEntry.values()]);
  const answer = await repeatable(() =>
    ask({ type: 'user-id', what: 'user-id update', cmd, options: onFirewall(config) }),
  );
  const unclear: Registration[] = [];
  for (const { list, ip, says } of judged(answer)) {
    const entry = byEntry.get(`${list} ${canonicalMember(ip)}`) ?? [];
    const [only, ...more] = entry;
    if (more.length > 0) for (const one of entry) unclear.push(one);
    else if (only !== undefined && !asItShouldBe[only.op].test(says)) refused.set(only, refusedAddress(only, says));
  }
  return unclear;
}

function messageOf(entries: readonly (readonly Registration[])[]): JsonObject {
  const list = (op: Registration['op']): JsonObject => {
    const own = entries.filter(([first]) => first?.op === op);
    if (own.length === 0) return {};
    const entry = own.map((registrations) => ({
      '@ip': registrations[0]?.ip ?? '',
      tag: { member: registrations.map(memberOf) },
    }));
    return { [op]: { entry } };
  };
  const payload = { ...list('unregister'), ...list('register') };
  return { 'uid-message': { version: '1.0', type: 'update', payload } };
}

function memberOf({ tag, timeoutSeconds }: Registration): Json {
  return timeoutSeconds === undefined ? tag : { '@timeout': `${timeoutSeconds}`, '#text': tag };
}

/** Every address once in each. */
function layersOf(registrations: readonly Registration[]): readonly (readonly Registration[])[] {
  const layers: Registration[][] = [];
  for (const one of registrations) {
    const free = layers.find((layer) => !layer.some(({ ip, op }) => ip === one.ip && op === one.op));
    if (free === undefined) layers.push([one]);
    else free.push(one);
  }
  return layers;
}

function refusedAddress({ op, ip, tag }: Registration, says: string): AdapterError {
  const isFull: ErrorClass = /exceed|capacity|maximum|max |more than|limit/i.test(says) ? 'quota' : 'invalid';
  const advice =
    isFull === 'quota'
      ? 'The device holds so many registered addresses, and 32 tags for each.'
      : 'See whether it is an address.';
  const message = `${op} ${ip} with tag ${tag}: the device refuses it (${says.slice(0, 160)}). ${advice}`;
  return new AdapterError(isFull, message, { request: 'POST /api/ (user-id update)', status: 200 });
}

/** Ends the sessions of an address; there may be none. What went wrong is returned, since the others are to be ended all the same. */
export async function clearSessions(
  ask: Ask,
  config: FirewallConfig,
  source: string,
): Promise<AdapterError | undefined> {
  const cmd = { clear: { session: { all: { filter: { source } } } } };
  try {
    await repeatable(() => ask({ type: 'op', what: 'clear sessions', cmd, options: onFirewall(config) }));
    return undefined;
  } catch (error) {
    if (isClass(error, 'not-found')) return undefined;
    if (!(error instanceof AdapterError)) throw error;
    const advice = `${source} has left, but its sessions may go on: end them with \`clear session all filter source ${source}\`.`;
    return new AdapterError(error.errorClass, `${error.message} ${advice}`, error.details);
  }
}
