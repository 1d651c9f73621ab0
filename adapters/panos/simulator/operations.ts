import { isObject, textOf } from '../../../kit/common/api/json.ts';
import { at, elementsIn, elementText } from '../../../kit/common/api/xml.ts';
import type { Counters } from '../../../kit/simulator/traffic/counters.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { Refusal } from './answers.ts';
import { reverted } from './commits.ts';
import { entriesOf, rulesTable, type Job, type State, type Table } from './state.ts';

/* `type=op`: what is shown, and what is done at once. */

export interface Operation {
  /** What stands in the answer. */
  readonly inside: JsonObject;
  /** Absent: nothing has changed. */
  readonly state?: State;
}

export interface Around {
  readonly version: string;
  readonly model: string;
  readonly hits: Counters<string>;
  /** Is the firewall asked that a Panorama manages? */
  readonly isManaged: boolean;
}

/** @throws Refusal 17 for what is no command of this device */
export function operated(state: State, cmd: JsonObject, around: Around): Operation {
  const path = commandIn(cmd);
  const [, , which = ''] = path;
  if (path[1] === 'jobs' && ['id', 'all', 'pending', 'processed'].includes(which))
    return { inside: { result: jobs(state, which, elementText(at(cmd, 'show', 'jobs', 'id'))) } };
  switch (path.slice(0, 3).join(' ')) {
    case 'show system info':
      return { inside: { result: { system: systemInfo(around) } } };
    case 'show high-availability state':
      return { inside: { result: highAvailability(state, around) } };
    case 'show object registered-ip':
      return { inside: { result: registeredPage(state, at(cmd, 'show', 'object', 'registered-ip') ?? '') } };
    case 'show config pushed-shared-policy':
      return { inside: { result: { policy: { panorama: pushedPolicy(state.pushed) } } } };
    case 'show rule-hit-count vsys':
      return { inside: { result: hitCounts(state, around.hits) } };
    case 'show session all':
      return { inside: { result: { entry: state.sessions.map((source) => ({ source })) } } };
    case 'clear session all': {
      const source = elementText(at(cmd, 'clear', 'session', 'all', 'filter', 'source'));
      const sessions = state.sessions.filter((one) => source !== '' && one !== source);
      return { inside: { result: { member: 'sessions cleared' } }, state: { ...state, sessions } };
    }
    case 'revert config partial': {
      const admins = elementsIn(at(cmd, 'revert', 'config', 'partial', 'admin', 'member')).map(elementText);
      return { inside: { result: 'reverted changes' }, state: reverted(state, admins) };
    }
    default:
      throw new Refusal(17, `${path.join(' -> ').slice(0, 120)} is unexpected`);
  }
}

/** `show jobs id`: the first element of each that is not alone is what counts. */
function commandIn(cmd: JsonObject): readonly string[] {
  const path: string[] = [];
  let here: Json | undefined = cmd;
  while (isObject(here)) {
    const [name]: string[] = Object.keys(here).filter((one) => !one.startsWith('@') && one !== '#text');
    if (name === undefined) break;
    path.push(name);
    here = Array.isArray(here[name]) ? undefined : here[name];
  }
  return path;
}

function pushedPolicy(pushed: State['pushed']): JsonObject {
  const table = (name: Table): JsonObject => ({
    entry: entriesOf(pushed, name).map((entry) => ({ '@name': entry.name, '@loc': 'edge', ...entry.body })),
  });
  return {
    address: table('address'),
    'address-group': table('address-group'),
    service: table('service'),
    'pre-rulebase': { security: { rules: table(rulesTable) } },
  };
}

/** With what pan-os-python looks for. */
function systemInfo({ version, model }: Around): JsonObject {
  return {
    hostname: 'fw-1',
    'ip-address': '192.0.2.1',
    model,
    serial: '007000000000001',
    'sw-version': version,
    'app-version': '8900-9000',
    'multi-vsys': 'off',
    'operational-mode': 'normal',
  };
}

/** A Panorama has no groups around what it tells, and its states say its priority, too. */
function highAvailability({ pair, managedPair }: State, { model, isManaged }: Around): JsonObject {
  const own = isManaged ? managedPair : pair;
  if (own === undefined) return { enabled: 'no' };
  const isPanorama = model === 'Panorama' && !isManaged;
  const [active, passive] = isPanorama ? ['primary-active', 'secondary-passive'] : ['active', 'passive'];
  const units = {
    'local-info': { version: '1', state: own, 'mgmt-ip': '192.0.2.1/24' },
    'peer-info': { 'conn-status': 'up', state: own === active ? passive : active, 'mgmt-ip': '192.0.2.2/24' },
  };
  return { enabled: 'yes', ...(isPanorama ? units : { group: { mode: 'Active-Passive', ...units } }) };
}

function jobs(state: State, which: string, id: string): JsonObject {
  const asked = state.jobs.filter((job) => {
    if (which === 'id') return `${job.id}` === id;
    return which === 'all' || (which === 'pending') === (job.status !== 'FIN');
  });
  if (which === 'id' && asked.length === 0) throw new Refusal(13, `job ${id.slice(0, 20)} not found`);
  return asked.length === 0 ? {} : { job: asked.map(jobElement) };
}

function jobElement({ id, type, user, status, result, details }: Job): JsonObject {
  const isOver = status === 'FIN';
  return {
    tenq: '2026/01/01 00:00:00',
    tdeq: '00:00:00',
    id: `${id}`,
    user,
    type,
    status,
    queued: 'NO',
    stoppable: isOver ? 'no' : 'yes',
    result,
    tfin: isOver ? '2026/01/01 00:01:00' : 'Still Active',
    progress: isOver ? '100' : '55',
    details: { line: details === '' ? [] : [details] },
    warnings: '',
  };
}

const mostOnPage = 500;

/** One tag or one address as a filter, or all; the page that is asked for, and how many there are altogether. */
function registeredPage({ registered }: State, asked: Json): JsonObject {
  const tag = textOf(at(elementsIn(at(asked, 'tag', 'entry'))[0], '@name'));
  const ip = elementText(at(asked, 'ip'));
  const all = [...registered].filter(
    ([address, tags]) => (tag === '' || tags.has(tag)) && (ip === '' || address === ip),
  );
  const limit = Math.min(Number(elementText(at(asked, 'limit')) || mostOnPage), mostOnPage);
  const start = Number(elementText(at(asked, 'start-point')) || 1);
  const entry = all.slice(start - 1, start - 1 + limit).map(([address, tags]) => ({
    '@ip': address,
    '@from_agent': '0',
    '@persistent': '1',
    tag: { member: [...tags.keys()] },
  }));
  return { entry, count: `${all.length}` };
}

function hitCounts({ running }: State, hits: Counters<string>): JsonObject {
  const entry = entriesOf(running, rulesTable).map(({ name }) => {
    const counter = hits.of(name);
    const seconds = (ms = 0): string => `${Math.floor(ms / 1_000)}`;
    return {
      '@name': name,
      latest: 'yes',
      'hit-count': `${counter?.hits ?? 0}`,
      'last-hit-timestamp': seconds(counter?.lastUsed),
      'last-reset-timestamp': '0',
      'first-hit-timestamp': seconds(counter?.firstUsed),
    };
  });
  const base = { entry: { '@name': 'security', rules: { entry } } };
  return { 'rule-hit-count': { vsys: { entry: { '@name': 'vsys1', 'rule-base': base } } } };
}
