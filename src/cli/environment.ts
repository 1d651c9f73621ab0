/** What Postern takes from the environment: the one place that reads it. */
export interface Environment {
  /** https://no-color.org */
  readonly noColor: boolean;
  /** Where Postern's own Secrets and Lease live. */
  readonly namespace: string;
  /** Redis, for the queue and the store; absent: in process. */
  readonly redisUrl: string | undefined;
  /** Which cluster this is, in the name and mark of every object on a device. */
  readonly cluster: string | undefined;
}

export function readEnvironment(): Environment {
  const { env } = process;
  return {
    noColor: (env['NO_COLOR'] ?? '') !== '',
    namespace: env['POSTERN_NAMESPACE'] ?? 'postern-system',
    redisUrl: env['REDIS_URL'],
    cluster: env['POSTERN_CLUSTER'],
  };
}
