/** What Postern takes from the environment: the one place that reads it. */
export interface Environment {
  /** https://no-color.org */
  readonly noColor: boolean;
  /** Where Postern's own Secrets and Lease live. */
  readonly namespace: string;
  /** Redis, for the queue and the store. */
  readonly redis: RedisEnvironment;
  /** Which cluster this is, in the name and mark of every object on a device. */
  readonly cluster: string | undefined;
  /** Where metrics and health are served, unless the command line says it. */
  readonly listen?: string | undefined;
  /** The port that a platform (Knative, Cloud Run) wants requests taken at. */
  readonly port?: string | undefined;
  /** What callers of `postern serve` and of the Lambda function have to show. */
  readonly serveToken?: string | undefined;
  /** Credentials as files, unless the command line says it. */
  readonly secretsDir?: string | undefined;
  /** It runs in a pod, where others may reach its loopback address. */
  readonly inCluster?: boolean;
  /** Where the audit record is kept, unless the command line says it. */
  readonly auditDir?: string | undefined;
}

/** Of Redis, what is secret, or the command line may leave out. */
export interface RedisEnvironment {
  readonly url?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly sentinelUsername?: string | undefined;
  readonly sentinelPassword?: string | undefined;
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly serverName?: string | undefined;
}

export function readEnvironment(): Environment {
  const { env } = process;
  return {
    noColor: (env['NO_COLOR'] ?? '') !== '',
    namespace: env['POSTERN_NAMESPACE'] ?? 'postern-system',
    redis: {
      url: env['REDIS_URL'],
      username: env['REDIS_USERNAME'],
      password: env['REDIS_PASSWORD'],
      sentinelUsername: env['REDIS_SENTINEL_USERNAME'],
      sentinelPassword: env['REDIS_SENTINEL_PASSWORD'],
      caFile: env['REDIS_CA_FILE'],
      certFile: env['REDIS_CERT_FILE'],
      keyFile: env['REDIS_KEY_FILE'],
      serverName: env['REDIS_SERVER_NAME'],
    },
    cluster: env['POSTERN_CLUSTER'],
    listen: env['POSTERN_LISTEN'],
    port: env['PORT'],
    serveToken: env['POSTERN_SERVE_TOKEN'],
    secretsDir: env['POSTERN_SECRETS_DIR'],
    inCluster: env['KUBERNETES_SERVICE_HOST'] !== undefined,
    auditDir: env['POSTERN_AUDIT_DIR'],
  };
}
