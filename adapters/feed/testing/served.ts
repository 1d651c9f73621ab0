import 'reflect-metadata';
import { ExtendedKeyUsage, ExtendedKeyUsageExtension, X509CertificateGenerator } from '@peculiar/x509';
import { generateKeyPairSync, KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../../src/files/make-folder.ts';
import { issueTestingCertificate } from '../../../kit/simulator/certificate.ts';
import { writeDocument, type FeedDocument, type FeedRule } from '../document/document.ts';
import { readKey, serveFeeds, type FeedServer } from '../serve/serve.ts';
import { folderStore } from '../store/folder.ts';
import type { FeedStore } from '../store/store.ts';

export const passwords = { pan: 'pan-password-1', other: 'other-password', token: 'a-bearer-token-1' } as const;

const consumers = `
consumers:
  - { name: pan-1, basic: [{ username: pan-1, password: ${passwords.pan} }], feeds: [edge, pan] }
  - { name: smart-1, bearer: [${passwords.token}] }
  - { name: far, basic: [{ username: far, password: ${passwords.other} }], from: [203.0.113.0/24] }
`;

export function aDocument(fields: Partial<FeedDocument> = {}): FeedDocument {
  return {
    version: 1,
    revision: 1,
    lists: [
      {
        name: 'pn-east-a',
        mark: 'managed-by=postern cluster=east for=Accept/aaaaaaaaaaaa',
        title: 'a',
        entries: '10.0.0.1 2001:db8::1',
      },
    ],
    rules: [aFeedRule()],
    ...fields,
  };
}

export function aFeedRule(fields: Partial<FeedRule> = {}): FeedRule {
  return {
    name: 'pn-east-r',
    mark: 'managed-by=postern cluster=east for=bbbbbbbbbbbb',
    title: 'EgressPolicy/shop/checkout',
    action: 'Accept',
    enabled: true,
    log: false,
    profile: '',
    expiresAt: '',
    sources: ['pn-east-a'],
    destination: { any: false, names: ['*.example.com', 'api.example.org'], networks: ['203.0.113.0/24'] },
    ports: [{ protocol: 'TCP', port: 443 }],
    ...fields,
  };
}

/** As `openssl x509 -fingerprint -sha256` prints it. */
function fingerprintOf(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256;
}

/** A server of one feed, `edge`, in a folder of its own. */
export interface Served {
  readonly server: FeedServer;
  readonly ca: string;
  readonly folder: string;
  readonly store: FeedStore;
  readonly troubles: readonly string[];
  /** The public half of the signing key, PEM. */
  readonly publicKey: string;
  publish(document: FeedDocument): Promise<void>;
  end(): Promise<void>;
}

/** @param client a client certificate that consumer `proxy-1` shows, PEM */
export async function startServed(client?: string): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-feed-'));
  const { ca, certificate, key } = await issueTestingCertificate('feed');
  const signing = generateKeyPairSync('ed25519');
  const files = {
    'tls.crt': certificate,
    'tls.key': key,
    'consumers.yaml':
      client === undefined
        ? consumers
        : `${consumers}  - { name: proxy-1, certificates: ['${fingerprintOf(client)}'] }\n`,
    'client-ca.crt': client ?? '',
    'signing.key': signing.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
  await makeFolder(join(folder, 'feeds', 'edge'));
  const store = folderStore(join(folder, 'feeds', 'edge'));
  const troubles: string[] = [];
  const server = await serveFeeds({
    feeds: join(folder, 'feeds'),
    host: '127.0.0.1',
    port: 0,
    tlsCert: join(folder, 'tls.crt'),
    tlsKey: join(folder, 'tls.key'),
    consumers: join(folder, 'consumers.yaml'),
    clientCa: client && join(folder, 'client-ca.crt'),
    key: await readKey(join(folder, 'signing.key')),
    server: 'server-1',
    clock: { now: () => Date.now(), elapsed: () => performance.now() },
    onTrouble: (message) => troubles.push(message),
  });
  return {
    server,
    ca,
    folder,
    store,
    troubles,
    publicKey: signing.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    publish: async (document) => {
      const before = await store.read();
      await store.write(writeDocument(document), before === 'unchanged' ? undefined : before?.tag);
    },
    end: async () => {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface ClientIdentity {
  readonly cert: string;
  readonly key: string;
}

/** A certificate for clients that is its own authority. */
export async function clientIdentity(): Promise<ClientIdentity> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=proxy-1',
    keys,
    signingAlgorithm: algorithm,
    extensions: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])],
  });
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  return { cert: certificate.toString('pem'), key };
}

/** One request as it is given, with nothing added. */
export function ask(
  { server, ca }: { readonly server: Pick<FeedServer, 'url'>; readonly ca: string },
  path: string,
  options: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly user?: 'pan-1' | 'far';
    readonly body?: string;
    /** Shown in the TLS handshake. */
    readonly identity?: ClientIdentity;
  } = {},
): Promise<Answered> {
  const { method = 'GET', headers = {}, user, body, identity } = options;
  const password = user === 'far' ? passwords.other : passwords.pan;
  const Authorization = `Basic ${Buffer.from(`${user ?? ''}:${password}`).toString('base64')}`;
  return new Promise((resolve, reject) => {
    const sent = request(
      `${server.url}${path}`,
      { ca, ...identity, method, headers: { ...(user !== undefined && { Authorization }), ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
