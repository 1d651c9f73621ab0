import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { issueTestingCertificate } from '../../kit/simulator/certificate.ts';
import { redisConfigSchema, type Certificates } from './config.ts';
import { connectRedis } from './connect.ts';

it.each(['single', 'cluster'] as const)(
  'connects to a %s with the certificates of then, and with those before while a pair does not fit',
  async (kind) => {
    const [first, second] = await Promise.all([issueTestingCertificate('first'), issueTestingCertificate('second')]);
    const sockets: TLSSocket[] = [];
    const server = createServer({ cert: first.certificate, key: first.key }, (socket) => sockets.push(socket));
    server.on('secureConnection', (socket) => socket.on('error', () => undefined));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const node = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    const target = kind === 'single' ? { kind, node } : { kind, nodes: [node] };
    let files: Certificates = { ca: first.ca };
    const config = redisConfigSchema.parse({ target, tls: { ...files, renewed: () => files } });
    const client = connectRedis(config, 'patient', () => undefined);
    onTestFinished(() => {
      client.disconnect();
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await once(server, 'secureConnection');

    files = { ca: first.ca, cert: first.certificate, key: second.key };
    const again = once(server, 'secureConnection');
    for (const socket of sockets) socket.destroy();
    await again;

    server.setSecureContext({ cert: second.certificate, key: second.key });
    files = { ca: second.ca };
    const renewed = once(server, 'secureConnection');
    for (const socket of sockets) socket.destroy();
    await renewed;
    expect(sockets.length).toBeGreaterThan(2);
  },
);
