import { createHash } from 'node:crypto';

/**
 * Says that an object on a device is ours. Two clusters may share one device: each has its own `cluster` id, which is
 * part of every name and of every mark.
 */
export interface Owner {
  /** `[a-z0-9-]`, at most 20 characters, the same for ever for one cluster. */
  readonly cluster: string;
}

const prefix = 'pn';

/** Start of every name of ours on a device: `pn-<cluster>-`. */
export function namePrefix(owner: Owner): string {
  return `${prefix}-${owner.cluster}-`;
}

/**
 * A device name of at most `limit` characters out of `[A-Za-z0-9.-]`: the prefix, the readable hint as far as it fits,
 * and a hash of the identity, so that different identities never share a name.
 */
export function deviceName(owner: Owner, hint: string, identity: string, limit: number): string {
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, 10);
  const start = namePrefix(owner);
  const room = limit - start.length - hash.length - 1;
  const readable = hint
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, Math.max(0, room))
    .replace(/[-.]+$/, '');
  return room > 0 && readable !== '' ? `${start}${readable}-${hash}` : `${start}${hash}`;
}

/** The machine-readable mark for a comment or description field: `managed-by=postern cluster=<id> for=<subject>`. */
export function ownerMark(owner: Owner, subject: string): string {
  return `managed-by=postern cluster=${owner.cluster} for=${subject.replace(/[^A-Za-z0-9./_-]+/g, '-')}`;
}

/** Whose mark a text carries: the cluster's id, or undefined when it carries none. */
export function readMark(text: string): { readonly cluster: string; readonly subject: string } | undefined {
  const match = /^managed-by=postern cluster=([a-z0-9-]+) for=(\S*)/.exec(text);
  return match?.[1] === undefined ? undefined : { cluster: match[1], subject: match[2] ?? '' };
}
