import { z } from 'zod';

/** The last time that a consumer fetched a path. */
const fetchSchema = z.object({
  /** Of what it has since then. */
  etag: z.string(),
  /** Of the document that this was of. */
  revision: z.int(),
  /** RFC 3339. */
  at: z.string(),
  /** 200, or 304: it had it already. */
  status: z.int(),
});
export type Fetch = z.infer<typeof fetchSchema>;

/** The last time that a client was refused that claimed to be a consumer, or that was one and came from another address. */
const refusalSchema = z.object({ why: z.enum(['credential', 'address']), at: z.string() });
export type Refusal = z.infer<typeof refusalSchema>;

const recordSchema = z.object({
  fetches: z.record(z.string(), z.record(z.string(), fetchSchema)),
  refusals: z.record(z.string(), refusalSchema).default({}),
});

/** By consumer; fetches by path, too. */
export interface Access {
  readonly fetches: Readonly<Record<string, Readonly<Record<string, Fetch>>>>;
  readonly refusals: Readonly<Record<string, Refusal>>;
}

export const noAccess: Access = { fetches: {}, refusals: {} };

const keptMs = 7 * 86_400_000;

/** Which consumer fetched what when, of one feed at one server. */
export class AccessLog {
  readonly #fetches: Map<string, Map<string, Fetch>>;
  readonly #refusals: Map<string, Refusal>;
  #changed = false;

  /** @param before what this server told of last, before it was started anew */
  constructor({ fetches, refusals }: Access = noAccess) {
    this.#fetches = new Map(
      Object.entries(fetches).map(([consumer, paths]) => [consumer, new Map(Object.entries(paths))]),
    );
    this.#refusals = new Map(Object.entries(refusals));
  }

  note(consumer: string, path: string, fetch: Fetch): void {
    const paths = this.#fetches.get(consumer) ?? new Map<string, Fetch>();
    this.#fetches.set(consumer, paths.set(path, fetch));
    this.#changed = true;
  }

  refuse(consumer: string, refusal: Refusal): void {
    this.#refusals.set(consumer, refusal);
    this.#changed = true;
  }

  /** The text to keep, if there is anything new. What was fetched long ago is left out. */
  takeText(now: number): string | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    for (const paths of this.#fetches.values())
      for (const [path, { at }] of paths) if (now - Date.parse(at) > keptMs) paths.delete(path);
    return JSON.stringify(plain(this.#fetches, this.#refusals));
  }
}

/** What all servers of a feed tell together: the last time counts. What cannot be read tells nothing. */
export function readAccess(texts: readonly string[]): Access {
  const together = new Map<string, Map<string, Fetch>>();
  const refusals = new Map<string, Refusal>();
  for (const record of texts.map(recordOf)) {
    for (const [consumer, paths] of Object.entries(record.fetches)) {
      const known = together.get(consumer) ?? new Map<string, Fetch>();
      together.set(consumer, known);
      for (const [path, fetch] of Object.entries(paths)) keepLater(known, path, fetch);
    }
    for (const [consumer, refusal] of Object.entries(record.refusals)) keepLater(refusals, consumer, refusal);
  }
  return plain(together, refusals);
}

function keepLater<T extends { readonly at: string }>(known: Map<string, T>, key: string, item: T): void {
  const other = known.get(key);
  if (other === undefined || Date.parse(other.at) < Date.parse(item.at)) known.set(key, item);
}

function plain(
  fetches: ReadonlyMap<string, ReadonlyMap<string, Fetch>>,
  refusals: ReadonlyMap<string, Refusal>,
): Access {
  const byPath = [...fetches].map(([consumer, paths]) => [consumer, Object.fromEntries(paths)] as const);
  return { fetches: Object.fromEntries(byPath), refusals: Object.fromEntries(refusals) };
}

function recordOf(text: string): Access {
  try {
    return recordSchema.safeParse(JSON.parse(text)).data ?? noAccess;
  } catch {
    return noAccess;
  }
}
