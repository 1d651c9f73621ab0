import { Cluster, Redis, type ClusterNode, type ClusterOptions, type Command, type RedisOptions } from 'ioredis';

/** Options without the new mapping of replies. */
export type Plain<T> = Omit<T, 'replyMapping'>;
export type PlainClusterOptions = Omit<Plain<ClusterOptions>, 'redisOptions'> & {
  redisOptions: Plain<NonNullable<ClusterOptions['redisOptions']>>;
};

/** How long an answer is waited for: so many looks, so many milliseconds apart. */
export interface Patience {
  readonly looks: number;
  readonly betweenMs: number;
}

/**
 * Fails commands that have no answer after so many looks. Time in which this process stood still is one look, whatever it
 * took: the answer may lie there already, and it has not been read.
 */
class Limit {
  readonly #patience: Patience;
  /** A command that is sent again is looked at already. */
  readonly #known = new WeakSet<Command>();

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  follow(command: Command): void {
    if (this.#known.has(command)) return;
    this.#known.add(command);
    const { looks, betweenMs } = this.#patience;
    let left = looks;
    const look = (): void => {
      left -= 1;
      if (left > 0) timer = setTimeout(look, betweenMs);
      else command.reject(new Error('Command timed out'));
    };
    let timer = setTimeout(look, betweenMs);
    const end = (): void => clearTimeout(timer);
    command.promise.then(end, end);
  }
}

/** A client of one server whose commands fail where that does not answer. */
export class PromptRedis extends Redis {
  readonly #limit: Limit;

  /** Connects by itself, and sends nothing before this has returned. */
  constructor(options: Plain<RedisOptions>, patience: Patience) {
    super(options);
    this.#limit = new Limit(patience);
  }

  override sendCommand(...sent: Parameters<Redis['sendCommand']>): unknown {
    this.#limit.follow(sent[0]);
    return super.sendCommand(...sent);
  }
}

/** The same of a Redis Cluster. */
export class PromptCluster extends Cluster {
  readonly #limit: Limit;

  constructor(nodes: ClusterNode[], options: PlainClusterOptions, patience: Patience) {
    super(nodes, options);
    this.#limit = new Limit(patience);
  }

  override sendCommand(...sent: Parameters<Cluster['sendCommand']>): unknown {
    this.#limit.follow(sent[0]);
    return super.sendCommand(...sent);
  }
}
