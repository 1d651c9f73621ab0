import { createSecureServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { issueTestingCertificate } from '../../../kit/simulator/certificate.ts';
import { number, sized } from '../../../test/kit/protobuf.ts';
import type { MemoryObjects } from '../../../kit/kubernetes/testing/memory-objects.ts';

/*
 * istiod as far as `istioctl proxy-status` speaks to it: xDS over TLS, for clients with a token of an account of its
 * namespace. What it sends has the form of what a real one sent (`recorded`), which messages.test.ts compares.
 */

/** What it knows of one type of configuration of a proxy. */
export interface TypeState {
  readonly status: 'SYNCED' | 'NOT_SENT' | 'STALE' | 'ERROR';
  /** Milliseconds since the epoch. */
  readonly sentAt?: number;
  readonly error?: string;
}

export interface ConnectedProxy {
  /** `shop/checkout-1` */
  readonly pod: string;
  readonly version?: string;
  /** By name, `Cluster`. */
  readonly types: Readonly<Record<string, TypeState>>;
}

export interface StandInIstiod {
  /** `127.0.0.1:31234` */
  readonly address: string;
  /** PEM, for the ConfigMap istio-ca-root-cert. */
  readonly ca: string;
  proxies: readonly ConnectedProxy[];
  /** What it answers instead of what it knows. */
  answer: Buffer | undefined;
  /** Tokens that it was shown. */
  readonly tokens: readonly string[];
  close(): Promise<void>;
}

const token = 'token of istio-system/postern-status for istio-ca';
const configStatus = { SYNCED: 1, NOT_SENT: 2, STALE: 3, ERROR: 4 } as const;
const types: Readonly<Record<string, string>> = {
  Cluster: 'cluster.v3.Cluster',
  Listener: 'listener.v3.Listener',
  RouteConfiguration: 'route.v3.RouteConfiguration',
};

export async function startIstiod(serverName = 'istiod.istio-system.svc'): Promise<StandInIstiod> {
  const { ca, certificate, key } = await issueTestingCertificate('istiod', [serverName]);
  const tokens: string[] = [];
  const server = createSecureServer({ cert: certificate, key });
  const open = new Set<ServerHttp2Stream>();
  const istiod = { proxies: [] as readonly ConnectedProxy[], answer: undefined as Buffer | undefined };
  server.on('stream', (stream, headers) => {
    open.add(stream);
    stream.on('close', () => open.delete(stream));
    stream.on('error', () => undefined);
    const shown = (headers.authorization ?? '').replace('Bearer ', '');
    tokens.push(shown);
    const head = { ':status': 200, 'content-type': 'application/grpc' };
    if (shown !== token) {
      stream.respond({ ...head, 'grpc-status': '16', 'grpc-message': 'authentication failure' }, { endStream: true });
      return;
    }
    stream.once('data', () => {
      stream.respond(head);
      stream.write(framed(istiod.answer ?? statusResponse(istiod.proxies)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(istiod, {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca,
    tokens,
    close: async () => {
      for (const stream of open) stream.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

/** As istiod answers: pilot/pkg/xds/statusgen.go. */
export function statusResponse(proxies: readonly ConnectedProxy[]): Buffer {
  const type = 'type.googleapis.com/envoy.service.status.v3.ClientConfig';
  return Buffer.concat([
    ...proxies.map((proxy) => sized(2, sized(1, type), sized(2, clientConfig(proxy)))),
    sized(4, 'istio.io/debug/syncz'),
  ]);
}

function clientConfig({ pod, version = '1.31.0', types: states }: ConnectedProxy): Buffer {
  const [namespace = '', name = ''] = pod.split('/');
  const entry = (key: string, text: string): Buffer => sized(1, sized(1, key), sized(2, sized(3, text)));
  const metadata = sized(3, entry('ISTIO_VERSION', version), entry('NAMESPACE', namespace));
  const configs = Object.entries(states).map(([short, state]) => sized(3, typedStatus(short, state)));
  return Buffer.concat([sized(1, sized(1, `${name}.${namespace}`), metadata), ...configs]);
}

function typedStatus(short: string, { status, sentAt, error }: TypeState): Buffer {
  return Buffer.concat([
    sized(1, `type.googleapis.com/envoy.config.${types[short] ?? short}`),
    ...(sentAt === undefined ? [] : [sized(5, ...timestamp(sentAt))]),
    number(6, configStatus[status]),
    ...(error === undefined ? [] : [sized(8, sized(3, error))]),
  ]);
}

function timestamp(at: number): readonly Buffer[] {
  return [number(1, Math.floor(at / 1_000)), number(2, (at % 1_000) * 1_000_000)];
}

function framed(message: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

/** Makes a cluster one in which it is known. */
export function trusting(objects: MemoryObjects, { ca }: Pick<StandInIstiod, 'ca'>): void {
  objects.put({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'istio-system', name: 'istio-ca-root-cert' },
    data: { 'root-cert.pem': ca },
  });
}
