import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Below those that a Linux kernel gives to outgoing connections (`ip_local_port_range`), which no test can foresee. */
const [lowest, highest] = [10_000, 32_767];

/**
 * Ports of the loopback address for servers that a test starts: all different, free now, and given by the
 * kernel to no connection before the server listens or while it starts again.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const held: Server[] = [];
  while (held.length < count) {
    const server = createServer().listen(lowest + Math.floor(Math.random() * (highest - lowest)), '127.0.0.1');
    await once(server, 'listening').then(
      () => held.push(server),
      () => undefined,
    );
  }
  const ports = held.map(portOf);
  await Promise.all(held.map((server) => once(server.close(), 'close')));
  return ports;
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

function portOf(server: Server): number {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}
