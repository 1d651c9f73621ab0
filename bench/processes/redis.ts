import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Redis } from 'ioredis';

export interface BenchRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** A Redis of our own on a free port, from PATH, keeping nothing on disk. Undefined, and told, where there is none. */
export async function startRedis(): Promise<BenchRedis | undefined> {
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', options, { stdio: 'ignore' });
  const failed = once(server, 'error').then(() => false);
  if (!(await Promise.race([answers(port), failed]))) {
    process.stderr.write('redis-server is not on PATH: what goes through Redis is left out\n');
    return undefined;
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const client = new Redis({ host: '127.0.0.1', port, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  const answered = client.ping().then(() => true);
  const result = await Promise.race([answered, new Promise<boolean>((resolve) => setTimeout(resolve, 5_000, false))]);
  client.disconnect();
  return result;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
