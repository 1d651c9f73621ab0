import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { RedisNode } from '../../src/redis/config.ts';

/**
 * A Sentinel of one primary that answers when it is told to, so that what it announces can come at any moment. Speaks
 * as much of the protocol as a client needs that looks for the primary.
 */
export class ScriptedSentinel {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #listening = new Set<Socket>();
  primary: RedisNode;
  /** Waited for before the primary is told. */
  beforeAnswer: () => Promise<void> = () => Promise.resolve();

  private constructor(primary: RedisNode) {
    this.primary = primary;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(primary: RedisNode): Promise<ScriptedSentinel> {
    const sentinel = new ScriptedSentinel(primary);
    await new Promise<void>((resolve) => sentinel.#server.listen(0, '127.0.0.1', resolve));
    return sentinel;
  }

  get node(): RedisNode {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  /** Connections that have asked to be told of a new primary. */
  get listening(): number {
    return this.#listening.size;
  }

  announce(): void {
    for (const socket of this.#listening) socket.write(reply(['message', '+switch-master', 'main'], '>'));
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#listening.delete(socket);
    });
    socket.on('data', (data) => {
      for (const command of String(data)
        .toLowerCase()
        .split(/\*\d+\r\n/)
        .slice(1))
        void this.#answer(socket, command);
    });
  }

  async #answer(socket: Socket, command: string): Promise<void> {
    if (command.includes('subscribe')) {
      this.#listening.add(socket);
      socket.write(`>3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n`);
    } else if (command.includes('get-master-addr-by-name')) {
      await this.beforeAnswer();
      socket.write(reply([this.primary.host, String(this.primary.port)]));
    } else socket.write(command.includes('sentinels') ? reply([]) : '+OK\r\n');
  }
}

/** @param kind `*`: an answer; `>`: a pushed message, as of the third version of the protocol */
function reply(words: readonly string[], kind = '*'): string {
  return [`${kind}${words.length}`, ...words.flatMap((word) => [`$${word.length}`, word]), ''].join('\r\n');
}
