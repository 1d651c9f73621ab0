import { createHash } from 'node:crypto';

/**
 * Says that an object on a device is ours. Two clusters may share one device: each has its own `cluster` id, which is
 * part of every name and of every mark. Two points of one cluster may not share one place on it: the mark names the point,
 * so that neither takes the objects of the other for its own.
 */
export interface Owner {
  /** `[a-z0-9-]`, at most 20 characters, the same for ever for one cluster. */
  readonly cluster: string;
  /** Name of the enforcement point; absent: all of them, as marks of earlier versions say. */
  readonly point?: string;
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

/** The machine-readable mark for a comment or description field: `managed-by=postern cluster=<id> point=<name> for=<subject>`. */
export function ownerMark({ cluster, point }: Owner, subject: string): string {
  const at = point === undefined ? '' : ` point=${pointInMark(point)}`;
  return `managed-by=postern cluster=${cluster}${at} for=${subject.replace(/[^A-Za-z0-9./_-]+/g, '-')}`;
}

/** What a mark says. */
export interface Mark {
  readonly cluster: string;
  /** As `pointInMark` writes it; undefined: an earlier version wrote the mark. */
  readonly point: string | undefined;
  readonly subject: string;
}

/** Undefined: the text carries no mark. */
export function readMark(text: string): Mark | undefined {
  const [, cluster, point, subject = ''] =
    /^managed-by=postern cluster=([a-z0-9-]+)(?: point=([a-z0-9.-]+))? for=(\S*)/.exec(text) ?? [];
  return cluster === undefined ? undefined : { cluster, point, subject };
}

const longestPoint = 63;

/** The name of a point as marks say it: names may have 253 characters, and comments only 255. */
export function pointInMark(point: string): string {
  if (point.length <= longestPoint) return point;
  const hash = createHash('sha256').update(point).digest('hex').slice(0, 10);
  return `${point.slice(0, longestPoint - hash.length - 1)}-${hash}`;
}

/** Owner of an object with that mark: `ours`, another point of this cluster, or unknown to this owner. */
export function ownerOf({ cluster, point }: Owner, mark: Mark | undefined): 'ours' | 'another point' | 'others' {
  if (mark?.cluster !== cluster) return 'others';
  const isOurs = mark.point === undefined || point === undefined || mark.point === pointInMark(point);
  return isOurs ? 'ours' : 'another point';
}
