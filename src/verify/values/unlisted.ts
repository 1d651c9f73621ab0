import { z } from 'zod';
import type { NetworkKind } from '../network/kinds.ts';

/** No object has this name: it stands for all of a kind, or none, where nobody could list them. */
const anyName = '*';

const schema = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.literal(anyName) }),
  resource: z.string(),
  unlisted: z.string(),
});

/** What stands for the objects of a kind that the API server serves and did not list. */
export interface Unlisted extends z.output<typeof schema> {
  readonly apiVersion: string;
  readonly [field: string]: unknown;
}

/** @param fault what the API server said; undefined: that we may not */
export function unlistedObjects({ group, kind, plural, versions }: NetworkKind, fault: string | undefined): Unlisted {
  const [version = 'v1'] = versions;
  const resource = `${plural}.${group}`;
  const unlisted =
    fault === undefined
      ? `refuses to list it; permit \`list\` of ${resource}`
      : `does not list it (${fault}); ask again`;
  return { apiVersion: `${group}/${version}`, kind, metadata: { name: anyName }, resource, unlisted };
}

/** Why the objects that this one stands for are not known, in words that continue `the cluster`; undefined: it is an object like others. */
export function whyUnlisted(object: unknown): string | undefined {
  const found = schema.safeParse(object).data;
  return found && `${found.unlisted} to see whether there are any`;
}
