import { FaultLine } from '../../../kit/simulator/faults.ts';
import type {
  Fault,
  LoggedRequest,
  SimulatedFlow,
  SimulatedVerdict,
  Simulator,
} from '../../../kit/simulator/simulator.ts';
import { AdapterError, type ErrorClass } from '../../../src/adapter/errors.ts';
import { emptyDocument, readDocument, writeDocument, type FeedDocument } from '../document/document.ts';
import { Publication } from '../formats/publication.ts';
import { AccessLog } from '../serve/access-log.ts';
import { FeedConsumer } from '../simulator/consumer.ts';
import type { FeedStore, Stored } from '../store/store.ts';

interface State {
  readonly text: string | undefined;
  readonly tag: number;
}

const delivered: State = { text: undefined, tag: 0 };

/**
 * A store with everything that can go wrong around it, and behind it a consumer that fetches the moment something was published: what the
 * consumer has taken in is the verdict.
 */
export class SimulatedFeed implements Simulator, FeedStore {
  readonly kind = 'feed';
  readonly version = '1';
  readonly url = 'memory:';
  readonly ca = '';
  readonly credentials = {};
  readonly #consumer: FeedConsumer;
  readonly #faults = new FaultLine();
  readonly #locked = new Set<string>();
  readonly #listeners: ((request: LoggedRequest) => void)[] = [];
  #log: LoggedRequest[] = [];
  #state = delivered;
  #access = '';
  #beforeLastWrite = delivered;

  constructor(device: string) {
    this.#consumer = new FeedConsumer(device);
  }

  get document(): FeedDocument {
    return this.#state.text === undefined ? emptyDocument : readDocument(this.#state.text);
  }

  /** Written past the adapter, as a colleague with an editor does. */
  set document(document: FeedDocument) {
    this.#put(writeDocument(document));
  }

  read(): Promise<Stored | undefined> {
    return this.#request('GET', '', (fault) => {
      if (fault?.kind === 'html') throw failure('transient', 'The document of the feed cannot be read', 503);
      const { text, tag } = fault?.kind === 'stale-read' ? this.#beforeLastWrite : this.#state;
      return text === undefined ? undefined : { text, tag: String(tag) };
    });
  }

  write(text: string, tag: string | undefined): Promise<string> {
    return this.#request('PUT', text, (fault) => {
      if (fault?.kind === 'html') throw failure('transient', 'a page for people', 503);
      const present = this.#state.text === undefined ? undefined : String(this.#state.tag);
      if (tag !== present) throw failure('conflict', 'another document', 412);
      this.#refuseLocked(readDocument(text));
      if (fault?.kind !== 'success-without-effect') this.#put(text);
      return String(this.#state.tag);
    });
  }

  readAccess(): Promise<readonly string[]> {
    return Promise.resolve([this.#access]);
  }

  writeAccess(): Promise<void> {
    return Promise.resolve();
  }

  verdict(flow: SimulatedFlow): SimulatedVerdict {
    return this.#consumer.verdict(flow);
  }

  requests(): readonly LoggedRequest[] {
    return this.#log;
  }

  fault(fault: Fault): void {
    this.#faults.add(fault);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  onRequest(listener: (request: LoggedRequest) => void): void {
    this.#listeners.push(listener);
  }

  /** From now on documents with another content of this object are refused. */
  lock({ kind, name }: { readonly kind: string; readonly name: string }): void {
    this.#locked.add(`${kind} ${name}`);
  }

  dump(): Readonly<Record<string, unknown>> {
    const { lists, rules } = this.document;
    return { lists, rules, consumer: this.#consumer.dump() };
  }

  reset(): void {
    this.#state = delivered;
    this.#beforeLastWrite = delivered;
    this.#log = [];
    this.#locked.clear();
    this.#access = new AccessLog().takeText(0) ?? '';
    this.#consumer.reset();
    this.clearFaults();
  }

  /** Whoever puts an old document back writes it anew. */
  checkpoint(): () => void {
    const { text } = this.#state;
    return () => this.#put(text ?? writeDocument(emptyDocument));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #put(text: string): void {
    this.#beforeLastWrite = this.#state;
    this.#state = { text, tag: this.#state.tag + 1 };
    const publication = new Publication(readDocument(text));
    const { revision } = publication.document;
    const access = new AccessLog();
    const fetchOne = (path: string): void => {
      const found = publication.find(path);
      if (found === undefined) throw new Error(`${path} is not published`);
      this.#consumer.take(path, { status: 200, body: found.body.toString() });
      const at = new Date().toISOString();
      access.note(this.#consumer.kind, path, { etag: found.etag, revision, at, status: 200 });
    };
    fetchOne('rules.json');
    for (const path of this.#consumer.paths()) fetchOne(path);
    this.#access = access.takeText(Date.now()) ?? '';
  }

  #refuseLocked(after: FeedDocument): void {
    const [now, then] = [objectsOf(this.document), objectsOf(after)];
    for (const key of this.#locked)
      if (JSON.stringify(now.get(key)) !== JSON.stringify(then.get(key)))
        throw failure('invalid', `${key} is locked`, 400);
  }

  async #request<T>(method: string, body: string, answer: (fault: Fault | undefined) => T): Promise<T> {
    await Promise.resolve();
    const { fault } = this.#faults.strike(method, '/feed.json');
    const before = this.#state;
    const early = failureBefore(fault);
    let result: { readonly value: T } | { readonly error: unknown };
    try {
      if (early !== undefined) throw early;
      result = { value: answer(fault) };
    } catch (error) {
      result = { error };
    }
    const late = failureAfter(fault);
    if (late !== undefined) result = { error: late };
    const status =
      'value' in result ? 200 : result.error instanceof AdapterError ? (result.error.details.status ?? 0) : 0;
    const wrote = this.#state !== before;
    const logged = { at: new Date().toISOString(), method, path: '/feed.json', body, status, wrote };
    this.#log.push(logged);
    for (const listener of this.#listeners) listener(logged);
    if ('error' in result) throw result.error;
    return result.value;
  }
}

function objectsOf({ lists, rules }: FeedDocument): ReadonlyMap<string, object> {
  const all: readonly (readonly [string, object])[] = [
    ...lists.map((list) => [`list ${list.name}`, list] as const),
    ...rules.map((rule) => [`rule ${rule.name}`, rule] as const),
  ];
  return new Map(all);
}

const classes: Readonly<Record<number, ErrorClass>> = { 401: 'auth', 403: 'forbidden', 503: 'busy' };

function failureBefore(fault: Fault | undefined): AdapterError | undefined {
  const { kind, status = 500 } = fault ?? {};
  if (kind === 'error-before') return failure(classes[status] ?? 'transient', 'the store fails', status);
  if (kind === 'reset-before') return failure('transient', 'the connection was cut', 0);
  return kind === 'throttle' ? failure('throttled', 'too many requests', 429) : undefined;
}

function failureAfter(fault: Fault | undefined): AdapterError | undefined {
  if (fault?.kind === 'error-after') return failure('transient', 'the store fails', fault.status ?? 500);
  return fault?.kind === 'reset-after' ? failure('transient', 'the connection was cut', 0) : undefined;
}

function failure(errorClass: ErrorClass, message: string, status: number): AdapterError {
  return new AdapterError(errorClass, message, { status, request: 'feed.json' });
}
