import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ConsumerConfig } from '../config.ts';
import { devices } from '../devices.ts';
import { entriesOf, type FeedDocument, type FeedList, type FeedRule } from '../document/document.ts';
import { checked, linesOf, networksOf, placeholderAddress, partOf } from './entries.ts';
import { checkPoint, fortiGate } from './json-objects.ts';
import { ruleList } from './rule-list.ts';

/** What is answered to those who fetch one path. */
export interface Published {
  readonly body: Buffer<ArrayBuffer>;
  readonly type: 'text/plain; charset=utf-8' | 'application/json';
  /** Of the content, strong: `"sha256-..."`. */
  readonly etag: string;
  /** Compressed when it is first asked for, once. */
  gzipped(): Promise<Buffer<ArrayBuffer>>;
}

/**
 * Everything that is made of one document, each thing when it is first asked for:
 *
 *   lists/NAME.txt                    the addresses of a list
 *   lists/NAME.2of4.txt               one of four parts of it
 *   rules/NAME.{ip,domain,url}.txt    where a rule leads
 *   rules.json                        the list of rules
 *   check-point.json fortigate.json   all addresses at one instant
 */
export class Publication {
  readonly document: FeedDocument;
  readonly #lists: ReadonlyMap<string, FeedList>;
  readonly #rules: ReadonlyMap<string, FeedRule>;
  readonly #made: Map<string, Published>;

  /** @param before what was published until now: lists that have not changed are taken over from it */
  constructor(document: FeedDocument, before?: Publication) {
    this.document = document;
    this.#made = before === undefined ? new Map<string, Published>() : before.#unchangedIn(document);
    this.#lists = new Map(document.lists.map((list) => [list.name, list]));
    this.#rules = new Map(document.rules.map((rule) => [rule.name, rule]));
  }

  /**
   * Undefined: there never is anything at that path. A list that no longer exists is published as empty: when a path is not found, most devices keep what
   * they had, and would go on permitting it.
   *
   * @throws AdapterError where the document has what must not be published
   */
  find(path: string): Published | undefined {
    const known = this.#made.get(path);
    if (known !== undefined) return known;
    const made = this.#make(path);
    // Empty lists are not kept: their names would grow without end.
    if (made !== undefined && made !== none) this.#made.set(path, made);
    return made;
  }

  /** What a consumer has to fetch to have all of it. */
  pathsFor({ device, parts }: Pick<ConsumerConfig, 'device' | 'parts'>): readonly string[] {
    const { format, names } = devices[device];
    const { rules } = this.document;
    if (format !== 'text') return rules.length === 0 ? [] : [`${format}.json`];
    const sources = [...new Set(rules.flatMap((rule) => rule.sources))].sort();
    const partsOf = (name: string): string[] =>
      parts === 1
        ? [`lists/${name}.txt`]
        : Array.from({ length: parts }, (_, at) => `lists/${name}.${at + 1}of${parts}.txt`);
    return [
      ...sources.flatMap(partsOf),
      ...rules.flatMap(({ name, destination: { any, networks, names: named } }) => [
        ...(!any && networks.length > 0 ? [`rules/${name}.ip.txt`] : []),
        ...(named.length > 0 && names !== 'none' ? [`rules/${name}.${names}.txt`] : []),
      ]),
    ];
  }

  /** Every path, but for parts. */
  paths(): readonly string[] {
    const lists = this.document.lists.map(({ name }) => `lists/${name}.txt`);
    const destinations = this.document.rules.flatMap(({ name, destination: { names, networks } }) => [
      ...(networks.length > 0 ? [`rules/${name}.ip.txt`] : []),
      ...(names.length > 0 ? [`rules/${name}.domain.txt`, `rules/${name}.url.txt`] : []),
    ]);
    return [...lists, ...destinations, 'rules.json', 'check-point.json', 'fortigate.json'];
  }

  #unchangedIn({ lists }: FeedDocument): Map<string, Published> {
    return new Map(
      lists.flatMap(({ name, entries }) => {
        const path = `lists/${name}.txt`;
        const made = this.#lists.get(name)?.entries === entries ? this.#made.get(path) : undefined;
        return made === undefined ? [] : [[path, made] as const];
      }),
    );
  }

  #make(path: string): Published | undefined {
    const list = /^lists\/([A-Za-z0-9.-]{1,63}?)(?:\.([1-9]\d?)of([1-9]\d?))?\.txt$/.exec(path);
    if (list !== null) return this.#list(list[1] ?? '', Number(list[2] ?? 1), Number(list[3] ?? 1));
    const rule = /^rules\/([A-Za-z0-9.-]{1,63})\.(ip|domain|url)\.txt$/.exec(path);
    if (rule !== null) return this.#destination(rule[1] ?? '', rule[2] ?? '');
    if (path === 'rules.json') return json(ruleList(this.document.rules));
    if (path === 'check-point.json') return json(checkPoint(this.document));
    if (path === 'fortigate.json') return json(fortiGate(this.document));
    return undefined;
  }

  #list(name: string, part: number, parts: number): Published | undefined {
    if (part > parts) return undefined;
    const list = this.#lists.get(name);
    if (list === undefined) return isOurs(name) ? none : undefined;
    return text(checked('address', name, parts === 1 ? list.entries : partOf(entriesOf(list), part, parts)));
  }

  #destination(name: string, kind: string): Published | undefined {
    const rule = this.#rules.get(name);
    if (rule === undefined) return isOurs(name) ? none : undefined;
    const { names } = rule.destination;
    if (kind === 'ip') return text(checked('address', name, networksOf(rule)));
    if (names.length === 0) return none;
    const domains = checked('name', name, names.join(' '));
    // https://docs.paloaltonetworks.com/advanced-url-filtering/administration/configuring-url-filtering/url-category-exceptions/guidelines-for-url-category-exceptions
    return text(kind === 'url' ? `${domains.replaceAll(' ', '/ ')}/` : domains);
  }
}

/** Of whichever cluster. */
function isOurs(name: string): boolean {
  return name.startsWith('pn-');
}

const compress = promisify<Buffer, { readonly level: number }, Buffer<ArrayBuffer>>(gzip);

function published(body: Buffer<ArrayBuffer>, type: Published['type']): Published {
  const etag = `"sha256-${createHash('sha256').update(body).digest('hex')}"`;
  let compressed: Promise<Buffer<ArrayBuffer>> | undefined;
  const gzipped = (): Promise<Buffer<ArrayBuffer>> => (compressed ??= compress(body, { level: 1 }));
  return { body, type, etag, gzipped };
}

/** @param entries with a space between them */
function text(entries: string): Published {
  return published(linesOf(entries), 'text/plain; charset=utf-8');
}

function json(content: object): Published {
  return published(Buffer.from(`${JSON.stringify(content)}\n`), 'application/json');
}

const none = text(placeholderAddress);
