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

const recordSchema = z.object({ fetches: z.record(z.string(), z.record(z.string(), fetchSchema)) });

/** By consumer and path. */
export type Fetches = Readonly<Record<string, Readonly<Record<string, Fetch>>>>;

const keptMs = 7 * 86_400_000;

/** Which consumer fetched what when, of one feed at one server. */
export class AccessLog {
  readonly #fetches: Map<string, Map<string, Fetch>>;
  #changed = false;

  /** @param before what this server told of last, before it was started anew */
  constructor(before: Fetches = {}) {
    this.#fetches = new Map(
      Object.entries(before).map(([consumer, paths]) => [consumer, new Map(Object.entries(paths))]),
    );
  }

  note(consumer: string, path: string, fetch: Fetch): void {
    const paths = this.#fetches.get(consumer) ?? new Map<string, Fetch>();
    this.#fetches.set(consumer, paths.set(path, fetch));
    this.#changed = true;
  }

  /** The text to keep, if there is anything new. What was fetched long ago is left out. */
  takeText(now: number): string | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    for (const paths of this.#fetches.values())
      for (const [path, { at }] of paths) if (now - Date.parse(at) > keptMs) paths.delete(path);
    const fetches = Object.fromEntries(
      [...this.#fetches].map(([consumer, paths]) => [consumer, Object.fromEntries(paths)]),
    );
    return JSON.stringify({ fetches });
  }
}

/** What all servers of a feed tell together: the last time counts. What cannot be read tells nothing. */
export function readAccess(texts: readonly string[]): Fetches {
  const together = new Map<string, Map<string, Fetch>>();
  for (const text of texts) {
    for (const [consumer, paths] of Object.entries(recordOf(text))) {
      const known = together.get(consumer) ?? new Map<string, Fetch>();
      together.set(consumer, known);
      for (const [path, fetch] of Object.entries(paths)) {
        const other = known.get(path);
        if (other === undefined || Date.parse(other.at) < Date.parse(fetch.at)) known.set(path, fetch);
      }
    }
  }
  return Object.fromEntries([...together].map(([consumer, paths]) => [consumer, Object.fromEntries(paths)]));
}

function recordOf(text: string): Fetches {
  try {
    return recordSchema.safeParse(JSON.parse(text)).data?.fetches ?? {};
  } catch {
    return {};
  }
}
