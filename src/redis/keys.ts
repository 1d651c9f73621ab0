/**
 * Every key of Postern in Redis. The hash tag in braces decides which node of a Redis Cluster has a key. The keys of one
 * script must be on one node: those of the queue are, and those of each enforcement point.
 */
export interface RedisKeys {
  /** Prefix of the queue library's keys. */
  readonly queue: string;
  /** Hash: requests whose handler has not begun, by point. */
  readonly wanted: string;
  /** Channel: the name of a point that is requested at once. */
  readonly requestChannel: string;
  /** Set: every point that is published. */
  readonly points: string;
  /** Hash: the last outcome, by point. */
  readonly outcomes: string;
  /** Hash: number and version of the last outcome, by point. */
  readonly outcomeNumbers: string;
  /** Channel: the name of a point that has a new outcome. */
  readonly outcomeBell: string;
  /** Set: points with audit records. */
  readonly auditPoints: string;
  point(name: string): PointKeys;
}

export interface PointKeys {
  /** Hash: version, acknowledged version, spec and so on; see store-scripts.ts. */
  readonly state: string;
  /** The desired state at `documentVersion`. */
  readonly document: string;
  /** Sorted set by version: membership deltas. */
  readonly log: string;
  /** Sorted set by version: addresses of ended pods. */
  readonly ended: string;
  /** Exists after a worker could not read the published state. */
  readonly unreadable: string;
  readonly lease: string;
  /** The last fencing token. */
  readonly token: string;
  /** List: lines of the audit record that wait to be moved to files. */
  readonly audit: string;
  /** Hash: the head of the audit record. */
  readonly auditHead: string;
  /** Hash by number: writes whose outcome is not known. */
  readonly auditOpen: string;
  /** Hash by number: writes that a reading of the device has closed lately, to which an answer may still come. */
  readonly auditFound: string;
  /** Hash: the last reading of the device. */
  readonly reading: string;
  /** Hash: what was in force last, of a point with change windows. */
  readonly inForce: string;
  readonly rate: string;
  readonly pause: string;
}

/** @param installation distinguishes installations that share a Redis: `postern`, `postern-staging` */
export function redisKeys(installation = 'postern'): RedisKeys {
  return {
    queue: `{${installation}}`,
    wanted: `{${installation}}:wanted`,
    requestChannel: `${installation}:wanted`,
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
        auditFound: key('audit-found'),
        reading: key('reading'),
        inForce: key('in-force'),
        rate: key('rate'),
        pause: key('pause'),
      };
    },
  };
}
