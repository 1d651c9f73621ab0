import { isObject, textOf } from '../../../kit/common/api/json.ts';
import { at, elementsIn, elementText } from '../../../kit/common/api/xml.ts';
import { parseIp, parseRange, rangeText } from '../../../kit/simulator/traffic/addresses.ts';
import { formatAddress } from '../../../src/net/address.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { Refusal } from './answers.ts';
import type { State } from './state.ts';

/* `type=user-id`: which tags an address has. An entry is judged as a whole, and the others of its message count all the same. */

const mostTags = 32;
const longestTimeout = 2_592_000;

export interface RegistryLimits {
  readonly now: number;
  readonly maxRegistered: number;
  /** Entries with this in them are refused. */
  readonly refuses: (tag: string) => boolean;
}

export interface Judgement {
  readonly list: 'register' | 'unregister';
  readonly ip: string;
  readonly message: string;
}

/** @returns the state after a message, and what it objects to */
export function updated(
  state: State,
  message: JsonObject,
  limits: RegistryLimits,
): readonly [State, readonly Judgement[]] {
  const uid = message['uid-message'];
  if (!isObject(uid) || elementText(uid['type']) !== 'update')
    throw new Refusal(17, 'uid-message of type update expected');
  const judgements: Judgement[] = [];
  let registered = alive(state.registered, limits.now);
  for (const [list, inside] of Object.entries(isObject(uid['payload']) ? uid['payload'] : {})) {
    if (list !== 'register' && list !== 'unregister') throw new Refusal(17, `payload -> ${list} unexpected here`);
    for (const entry of elementsIn(at(inside, 'entry'))) {
      const ip = textOf(at(entry, '@ip'));
      const next = list === 'register' ? joined(registered, entry, limits) : left(registered, entry, limits);
      if (typeof next === 'string') judgements.push({ list, ip, message: next });
      else registered = next;
    }
  }
  return [{ ...state, registered }, judgements];
}

type Registered = State['registered'];

export function alive(registered: Registered, now: number): Registered {
  const ended = [...registered].some(([, tags]) => [...tags.values()].some((end) => end <= now));
  if (!ended) return registered;
  return new Map(
    [...registered].flatMap(([ip, tags]) => {
      const here = new Map([...tags].filter(([, end]) => end > now));
      return here.size === 0 ? [] : [[ip, here] as const];
    }),
  );
}

function joined(
  registered: Registered,
  entry: Json,
  { now, maxRegistered, refuses }: RegistryLimits,
): Registered | string {
  const ip = canonicalIp(textOf(at(entry, '@ip')));
  if (ip === undefined) return 'Invalid IP address';
  const before = registered.get(ip) ?? new Map<string, number>();
  const tags = new Map(before);
  for (const member of elementsIn(at(entry, 'tag', 'member'))) {
    const tag = elementText(member);
    const timeout = Number(textOf(at(member, '@timeout')) || 0);
    if (!/^[\w .\-[\]&():]{1,127}$/.test(tag) || refuses(tag)) return `Invalid tag ${tag.slice(0, 127)}`;
    if (!Number.isInteger(timeout) || timeout < 0 || timeout > longestTimeout) return 'Invalid timeout';
    // Whether a live tag is renewed that way is not documented: here it never is.
    if (before.has(tag)) return `tag ${tag} already exists, ignore`;
    tags.set(tag, timeout === 0 ? Infinity : now + timeout * 1_000);
  }
  if (tags.size > mostTags) return `more than ${mostTags} tags`;
  if (before.size === 0 && registered.size >= maxRegistered)
    return 'maximum number of registered IP addresses exceeded';
  return new Map([...registered, [ip, tags]]);
}

function left(registered: Registered, entry: Json, { refuses }: RegistryLimits): Registered | string {
  const ip = canonicalIp(textOf(at(entry, '@ip')));
  const before = ip === undefined ? undefined : registered.get(ip);
  const going = elementsIn(at(entry, 'tag', 'member')).map(elementText);
  if (going.some(refuses)) return 'Invalid tag';
  if (ip === undefined || before === undefined) return 'ip does not exist, ignore unreg';
  const missing = going.find((tag) => !before.has(tag));
  if (missing !== undefined) return `tag ${missing} does not exist, ignore unreg`;
  const tags = new Map([...before].filter(([tag]) => !going.includes(tag)));
  const others = [...registered].filter(([key]) => key !== ip);
  return new Map(tags.size === 0 ? others : [...registered, [ip, tags]]);
}

/** Hosts of both families, ranges and networks of IPv4. */
function canonicalIp(text: string): string | undefined {
  const host = parseIp(text.replace(/\/(32|128)$/, ''));
  if (host !== undefined) return formatAddress(host);
  const range = parseRange(text);
  return range?.family === 4 ? rangeText(range, text.includes('/') ? 'prefix' : 'ends') : undefined;
}
