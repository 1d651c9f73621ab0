import { timingSafeEqual } from 'node:crypto';
import { page } from '../../../kit/simulator/answers.ts';
import type { SimulatedDevice, SimulatedRequest, SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import type { SimulatedFlow, SimulatedVerdict } from '../../../kit/simulator/simulator.ts';
import { at } from '../../../kit/common/api/xml.ts';
import { Counters } from '../../../kit/simulator/traffic/counters.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { Refusal, refused, succeeded, success, xml } from './answers.ts';
import { advanced, enqueued, pushEnqueued } from './commits.ts';
import { adminsIn, edited, editedAtOnce, elementsOf, RefusedEdit, shown } from './configuration.ts';
import { multiConfigIn } from './multi-config.ts';
import { operated } from './operations.ts';
import { verdict } from './packet.ts';
import { alive, updated, type Judgement } from './registry.ts';
import type { Surroundings } from './schema.ts';
import { delivered, entriesOf, tables, type State } from './state.ts';

/** Initial configuration. */
export interface Setup extends Surroundings {
  readonly version: string;
  readonly model: string;
  readonly username: string;
  readonly password: string;
  readonly apiKey: string;
  readonly commitMs: number;
  readonly maxRegistered: number;
  readonly now: () => number;
  readonly requestMs: number;
}

/** The XML API of a firewall with one virtual system. */
export class PanosDevice implements SimulatedDevice {
  state: State = delivered;
  readonly #setup: Setup;
  readonly #hits = new Counters<string>();
  #refuses: readonly string[] = [];
  #denies: readonly string[] = [];
  #trouble: string | undefined;
  #requests = 0;

  constructor(setup: Setup) {
    this.#setup = setup;
  }

  answer(request: SimulatedRequest): SimulatedResponse {
    this.#requests += 1;
    const before = this.#settled();
    try {
      return this.#carryOut(parametersOf(request), request.headers);
    } catch (error) {
      this.state = before;
      if (error instanceof RefusedEdit) return refusedEdit(error);
      if (error instanceof Refusal) return refused(error);
      throw error;
    }
  }

  #carryOut(parameters: URLSearchParams, headers: SimulatedRequest['headers']): SimulatedResponse {
    const said = (name: string): string => parameters.get(name) ?? '';
    const type = said('type');
    if (type === 'keygen') return this.#key(said('user'), said('password'));
    if (!same(headers['x-pan-key'] ?? said('key'), this.#setup.apiKey))
      throw new Refusal(403, 'Invalid Credential', 403);
    if (this.#denies.includes(type)) throw new Refusal(403, `Type [${type}] not authorized for user role.`, 403);
    this.#refuseElsewhere(type, said('cmd'), said('target'));
    if (said('vsys') !== '' && said('vsys') !== 'vsys1')
      throw new Refusal(17, `vsys ${said('vsys').slice(0, 20)} unknown`);
    switch (type) {
      case 'op':
        return this.#operate(elementsOf(said('cmd')), said('target') !== '');
      case 'user-id':
        return this.#register(elementsOf(said('cmd')));
      case 'commit':
        return this.#commit(elementsOf(said('cmd')), said('action') === 'all');
      case 'config':
        return this.#configure(parameters);
      default:
        throw new Refusal(17, `Illegal value for parameter "type" [${type.slice(0, 20)}].`);
    }
  }

  /** What is asked of the firewall goes through the Panorama that manages it, by its serial number. */
  #refuseElsewhere(type: string, cmd: string, target: string): void {
    const { manages } = this.#setup;
    const isOfFirewall = type === 'user-id' || /registered-ip|rule-hit-count|<session>|pushed-shared-policy/.test(cmd);
    const isOfEither = cmd.includes('<high-availability>') && target === manages;
    const expected = manages !== undefined && (isOfFirewall || isOfEither) ? manages : '';
    if (target !== expected)
      throw new Refusal(17, target === '' ? 'a target is required' : `${target.slice(0, 32)} not connected`);
  }

  #key(user: string, password: string): SimulatedResponse {
    const { username, password: known, apiKey } = this.#setup;
    if (!same(user, username) || !same(password, known)) throw new Refusal(403, 'Invalid Credential', 403);
    return success({ result: { key: apiKey } });
  }

  #operate(cmd: JsonObject, isManaged: boolean): SimulatedResponse {
    const { inside, state } = operated(this.state, cmd, { ...this.#setup, hits: this.#hits, isManaged });
    if (state !== undefined) this.state = state;
    return success(inside, state !== undefined);
  }

  #register(message: JsonObject): SimulatedResponse {
    const { maxRegistered } = this.#setup;
    const refuses = (tag: string): boolean => this.#refuses.includes(tag);
    const before = this.state;
    const [state, judgements] = updated(before, message, { now: this.#now(), maxRegistered, refuses });
    this.state = state;
    return judgements.length === 0 ? success({}, true) : judged(judgements, state.registered !== before.registered);
  }

  #commit(cmd: JsonObject, isPush: boolean): SimulatedResponse {
    const { username: user, commitMs, manages } = this.#setup;
    const endsAt = this.#now() + commitMs;
    const policy = at(cmd, 'commit-all', 'shared-policy');
    if (isPush && (manages === undefined || at(policy, 'device-group', 'entry') === undefined))
      throw new Refusal(17, 'commit-all -> shared-policy -> device-group expected, of a Panorama');
    const queued = isPush
      ? pushEnqueued(this.state, { user, endsAt, admins: adminsIn(cmd, 'commit-all', 'shared-policy') })
      : enqueued(this.state, { user, endsAt, admins: adminsIn(cmd, 'commit', 'partial') });
    if (queued === 'nothing to do') return success({ msg: 'There are no changes to commit.' }, false, 19);
    this.state = queued;
    const job = `${queued.jobs.length}`;
    const line = [`Commit job enqueued with jobid ${job}`];
    if (commitMs === 0) this.#settled();
    return success({ result: { msg: { line }, job } }, true, 19);
  }

  #configure(parameters: URLSearchParams): SimulatedResponse {
    const said = (name: string): string => parameters.get(name) ?? '';
    const action = said('action');
    if (action === 'show' || action === 'get') {
      const found = shown(this.state, action, said('xpath'), this.#setup);
      if (found === undefined && action === 'show') throw new Refusal(7, 'No such node');
      return success({ result: found ?? '' }, false, found === undefined ? 7 : 19);
    }
    const { username } = this.#setup;
    if (action === 'multi-config') {
      const request = multiConfigIn(said('element'));
      this.#refuseNamed(request.map(([, says]) => JSON.stringify(says['@xpath'] ?? '')));
      this.state = editedAtOnce(this.state, username, request, this.#setup);
      return success(
        { response: request.map((_, at) => ({ '@status': 'success', '@code': '20', '@id': `${at + 1}` })) },
        true,
        20,
      );
    }
    this.#refuseNamed([said('xpath'), said('element')]);
    const ask = {
      action,
      xpath: said('xpath'),
      where: said('where'),
      dst: said('dst'),
      element: elementsOf(said('element')),
    };
    this.state = edited(this.state, username, ask, this.#setup);
    return succeeded(true);
  }

  #refuseNamed(texts: readonly string[]): void {
    const name = this.#refuses.find((one) => texts.some((text) => text.includes(`'${one}'`)));
    if (name !== undefined) throw new Refusal(12, `${name} is refused by this device`);
  }

  #now(): number {
    const { now, requestMs } = this.#setup;
    return now() + this.#requests * requestMs;
  }

  /** What time has done. */
  #settled(): State {
    const now = this.#now();
    const next = advanced(this.state, now, this.#trouble);
    if (next !== this.state) this.#trouble = undefined;
    const registered = alive(next.registered, now);
    this.state = registered === next.registered ? next : { ...next, registered };
    return this.state;
  }

  /** From now on whatever has this name is refused. */
  refuse(name: string): void {
    this.#refuses = [...this.#refuses, name];
  }

  /** From now on the admin role does not permit this type of request. */
  deny(type: string): void {
    this.#denies = [...this.#denies, type];
  }

  /** The next commit fails with these details. */
  failNextCommit(details: string): void {
    this.#trouble = details;
  }

  verdict(flow: SimulatedFlow): SimulatedVerdict {
    const state = this.#settled();
    const judgement = verdict(this.#setup.manages === undefined ? state : { ...state, running: state.pushed }, flow);
    if (judgement.rule !== 'implicit') this.#hits.count(judgement.rule, this.#now());
    return judgement;
  }

  dump(): Readonly<Record<string, unknown>> {
    const { candidate, running, pushed, edited: open, unpushed, registered, lockedBy } = this.#settled();
    const sorted = (config: State['running']): unknown =>
      tables.map((table) => {
        const entries = [...entriesOf(config, table)];
        return [table, table.includes('/') ? entries : entries.sort((a, b) => (a.name < b.name ? -1 : 1))];
      });
    const addresses = [...registered].map(([ip, tags]) => [ip, [...tags.keys()].sort()] as const);
    return {
      candidate: sorted(candidate),
      running: sorted(running),
      ...(this.#setup.manages !== undefined && { pushed: sorted(pushed), unpushed: [...unpushed].sort() }),
      edited: [...open].sort(),
      registered: addresses.sort(([a], [b]) => (a < b ? -1 : 1)),
      lockedBy,
    };
  }

  reset(): void {
    this.state = delivered;
    this.#refuses = [];
    this.#denies = [];
    this.#trouble = undefined;
    this.#hits.clear();
  }

  checkpoint(): () => void {
    const { state } = this;
    return () => (this.state = state);
  }

  failure(status: number): SimulatedResponse {
    const words = status === 401 || status === 403 ? 'Invalid Credential' : 'Internal error';
    return xml({ '@status': 'error', '@code': `${status}`, result: { msg: words } }, false, status);
  }

  /** Documented nowhere; a proxy before it may ask for it. */
  throttled(): SimulatedResponse {
    return { ...page(429), headers: { 'content-type': 'text/html', 'retry-after': '1' } };
  }

  recordable({ path, body }: SimulatedRequest): { readonly path: string; readonly body: string } {
    const hidden = (text: string): string => text.replace(/\b(key|password)=[^&]*/g, '$1=***');
    return { path: hidden(path), body: hidden(body) };
  }
}

function parametersOf({ path, body, headers }: SimulatedRequest): URLSearchParams {
  const { pathname, searchParams } = new URL(path, 'https://device');
  if (!/^\/api\/?$/.test(pathname)) throw new Refusal(400, 'Bad request', 404);
  const isForm = headers['content-type']?.includes('form-urlencoded') === true;
  return new URLSearchParams([...searchParams, ...(isForm ? new URLSearchParams(body) : [])]);
}

function judged(judgements: readonly Judgement[], wrote: boolean): SimulatedResponse {
  const list = (name: Judgement['list']): JsonObject => {
    const entry = judgements
      .filter((one) => one.list === name)
      .map(({ ip, message }) => ({ '@ip': ip, '@message': message }));
    return entry.length === 0 ? {} : { [name]: { entry } };
  };
  const payload = { ...list('register'), ...list('unregister') };
  const response = { 'uid-response': { version: '2.0', payload } };
  return xml({ '@status': 'error', msg: { line: [response] } }, wrote);
}

function refusedEdit({ id, refusal }: RefusedEdit): SimulatedResponse {
  const response = { '@status': 'error', '@code': `${refusal.code}`, '@id': id, msg: { line: [...refusal.lines] } };
  return xml({ '@status': 'error', '@code': `${refusal.code}`, response });
}

function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
