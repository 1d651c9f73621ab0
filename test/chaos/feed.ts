import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FeedDocument } from '../../adapters/feed/document/document.ts';
import { Publication } from '../../adapters/feed/formats/publication.ts';
import { FeedConsumer } from '../../adapters/feed/simulator/consumer.ts';
import { fetchPath, type Source } from '../../adapters/feed/simulator/fetcher.ts';
import { folderStore } from '../../adapters/feed/store/folder.ts';
import { issueTestingCertificate } from '../../kit/simulator/certificate.ts';
import type {
  Fault,
  LoggedRequest,
  SimulatedFlow,
  SimulatedVerdict,
  Simulator,
} from '../../kit/simulator/simulator.ts';
import { freePort } from '../kit/free-ports.ts';
import { ChaosFolder } from './feed-folder.ts';

const name = 'consumer';
const password = 'fetches-in-chaos';
const device = 'generic';
/** Much less than a device waits, so that a round need not. */
const fetchEveryMs = 150;

/**
 * A point whose device fetches: its server is a process as it is shipped, to be killed like others. What is tried is every
 * document that a worker put into its folder, at once, and what a consumer has fetched of the server, each in one piece.
 */
export class ChaosFeed implements Simulator {
  readonly kind = 'feed';
  readonly version = device;
  readonly credentials = {};
  readonly url: string;
  readonly ca: string;
  readonly config: Simulator['config'] & object;
  /** How its server is started. */
  readonly serves: readonly string[];
  readonly #source: Source;
  readonly #folder: ChaosFolder;
  readonly #consumer = new FeedConsumer(device);
  readonly #listeners: ((request: LoggedRequest) => void)[] = [];
  /** Whose tables are tried: the consumer's, but for the moment in which a document is. */
  #tried = this.#consumer;
  #revision = -1;
  #outages = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(folder: string, port: number, { ca, files }: Readonly<Record<'ca' | 'files', string>>) {
    const feeds = join(folder, 'feeds');
    const store = join(feeds, 'edge');
    mkdirSync(store, { recursive: true });
    this.url = `https://127.0.0.1:${port}`;
    this.ca = ca;
    this.config = { store: { folder: store }, consumers: [{ name, device, intervalSeconds: 1 }] };
    const file = (option: string, of: string): readonly string[] => [option, join(files, of)];
    const tls = [...file('--tls-cert', 'tls.crt'), ...file('--tls-key', 'tls.key')];
    const consumers = file('--consumers', 'consumers.yaml');
    this.serves = ['feed', '--feeds', feeds, '--listen', `127.0.0.1:${port}`, ...tls, ...consumers];
    this.#source = { url: `${this.url}/edge`, ca, username: name, password };
    this.#folder = new ChaosFolder(folderStore(store), (document, request) =>
      this.#look(consumerOf(document), request),
    );
    this.#again();
  }

  /** @param folder in which its folder of feeds is made, and what its server is given */
  static async start(folder: string): Promise<ChaosFeed> {
    const files = join(folder, 'feed-files');
    const { ca, certificate, key } = await issueTestingCertificate('feed');
    const consumers = `consumers: [{ name: ${name}, basic: [{ username: ${name}, password: ${password} }] }]\n`;
    mkdirSync(files);
    for (const [of, text] of Object.entries({ 'tls.crt': certificate, 'tls.key': key, 'consumers.yaml': consumers }))
      writeFileSync(join(files, of), text);
    return new ChaosFeed(folder, await freePort(), { ca, files });
  }

  verdict(flow: SimulatedFlow): SimulatedVerdict {
    return this.#tried.verdict(flow);
  }

  /** One for each list and rule that a document had otherwise than the one before it. */
  requests(): readonly LoggedRequest[] {
    return this.#folder.requests;
  }

  /** Whatever else would befall a device that is written to: this one does not get through for so many fetches. */
  fault({ times = 1 }: Fault): void {
    this.#outages += times;
  }

  clearFaults(): void {
    this.#outages = 0;
  }

  onRequest(listener: (request: LoggedRequest) => void): void {
    this.#listeners.push(listener);
  }

  dump(): Readonly<Record<string, unknown>> {
    return this.#consumer.dump();
  }

  /** What it has fetched stays: a checkpoint is for devices that are written to. */
  checkpoint(): () => void {
    return () => undefined;
  }

  reset(): void {
    this.#consumer.reset();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#folder.close();
  }

  #again(): void {
    this.#timer = setTimeout(() => {
      void this.#fetchAll().finally(() => this.#timer !== undefined && this.#again());
    }, fetchEveryMs);
  }

  /** As a device does: the rules, and then what they name. In between something else may have been published. */
  async #fetchAll(): Promise<void> {
    if (this.#outages > 0) {
      this.#outages -= 1;
      return;
    }
    const before = await this.#published();
    let whole = await this.#fetch('rules.json');
    for (const path of this.#consumer.paths()) whole = (await this.#fetch(path)) && whole;
    if (!whole || before === undefined || before !== (await this.#published())) return;
    const wrote = before !== this.#revision;
    this.#revision = before;
    const at = new Date().toISOString();
    this.#look(this.#consumer, { at, method: 'GET', path: `revision ${before}`, body: '', status: 200, wrote });
  }

  async #fetch(path: string): Promise<boolean> {
    const etag = this.#consumer.etagOf(path);
    const fetched = await fetchPath(this.#source, path, { etag, redirects: false });
    this.#consumer.take(path, fetched);
    return fetched.status === 200 || fetched.status === 304;
  }

  async #published(): Promise<number | undefined> {
    const { status, body } = await fetchPath(this.#source, 'manifest.json', { etag: undefined, redirects: false });
    return status === 200 ? (JSON.parse(body) as FeedDocument).revision : undefined;
  }

  #look(consumer: FeedConsumer, request: LoggedRequest): void {
    this.#tried = consumer;
    for (const listener of this.#listeners) listener(request);
    this.#tried = this.#consumer;
  }
}

/** A consumer that has fetched all of one document. */
function consumerOf(document: FeedDocument): FeedConsumer {
  const publication = new Publication(document);
  const consumer = new FeedConsumer(device);
  const fetch = (path: string): void =>
    consumer.take(path, { status: 200, body: publication.find(path)?.body.toString() ?? '' });
  fetch('rules.json');
  for (const path of consumer.paths()) fetch(path);
  return consumer;
}
