/**
 * Every key that Postern has in Redis. A key's part in braces decides its place in a Redis Cluster: what one script
 * touches must be in one place, so the queue is one, and each enforcement point is one.
 */
export interface RedisKeys {
  /** Prefix of the queue library's keys. */
  readonly queue: string;
  /** Hash: what has been asked for and not begun, by point. */
  readonly wanted: string;
  /** Set: every point that is published. */
  readonly points: string;
  /** Hash: the last outcome, by point. */
  readonly outcomes: string;
  /** Hash: number and version of the last outcome, by point. */
  readonly outcomeNumbers: string;
  /** Channel on which a point's name is called out when it has a new outcome. */
  readonly outcomeBell: string;
  /** Set: points that something is on record of. */
  readonly auditPoints: string;
  point(name: string): PointKeys;
}

export interface PointKeys {
  /** Hash: version, what is acknowledged, spec and so on. */
  readonly state: string;
  /** The whole desired state as it was published last. */
  readonly document: string;
  /** Sorted set by version: membership deltas. */
  readonly log: string;
  /** Sorted set by version: addresses of pods seen to end. */
  readonly ended: string;
  /** Set when a worker could not read what was published. */
  readonly unreadable: string;
  readonly lease: string;
  /** The last fencing token that was given out. */
  readonly token: string;
  /** List: the lines of the audit record that wait to be moved to where they stay. */
  readonly audit: string;
  /** Hash: where the chain of the audit record has got to. */
  readonly auditHead: string;
  /** Hash by number: writes that were begun, and whose outcome is not known. */
  readonly auditOpen: string;
  /** Hash: what was read of the device last. */
  readonly reading: string;
  readonly rate: string;
  readonly pause: string;
}

/** @param installation tells several installations on one Redis apart: `postern`, `postern-staging` */
export function redisKeys(installation = 'postern'): RedisKeys {
  return {
    queue: `{${installation}}`,
    wanted: `{${installation}}:wanted`,
    points: `{${installation}}:points`,
    outcomes: `{${installation}}:outcomes`,
    outcomeNumbers: `{${installation}}:outcome-numbers`,
    outcomeBell: `${installation}:outcome`,
    auditPoints: `{${installation}}:audit-points`,
    point: (name) => {
      const key = (part: string): string => `{${installation}:${name}}:${part}`;
      return {
        state: key('state'),
        document: key('document'),
        log: key('log'),
        ended: key('ended'),
        unreadable: key('unreadable'),
        lease: key('lease'),
        token: key('token'),
        audit: key('audit'),
        auditHead: key('audit-head'),
        auditOpen: key('audit-open'),
        reading: key('reading'),
        rate: key('rate'),
        pause: key('pause'),
      };
    },
  };
}
