import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { bits, boolean, element, identifier, octets, sequence } from './der.ts';

/** Key and certificate of a stand-in server, and the authority that signed it; all PEM, all born and gone with the process. */
export interface TestingCertificate {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const dayMs = 86_400_000;

/**
 * A fresh authority and a server certificate for loopback, good for a year. Node verifies X.509 but cannot write it,
 * so the few DER structures are put together here. Profile: RFC 5280, keys: P-256, signatures: ecdsa-with-SHA256 (RFC 5758).
 */
export function issueTestingCertificate(
  commonName: string,
  hosts: readonly string[] = ['localhost', '127.0.0.1', '::1'],
  now: number = Date.now(),
): TestingCertificate {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const authorityName = `${commonName} testing authority`;
  const authorityId = keyIdentifier(authority.publicKey);
  const base = { issuer: authorityName, signer: authority.privateKey, now };
  const ca = certificate({
    ...base,
    subject: authorityName,
    publicKey: authority.publicKey,
    extensions: [
      extension(oid.basicConstraints, true, sequence(boolean(true))),
      // keyCertSign
      extension(oid.keyUsage, true, bits(Buffer.from([0x04]), 2)),
      extension(oid.subjectKeyIdentifier, false, octets(authorityId)),
    ],
  });
  const leaf = certificate({
    ...base,
    subject: commonName,
    publicKey: server.publicKey,
    extensions: [
      extension(oid.basicConstraints, true, sequence()),
      // digitalSignature
      extension(oid.keyUsage, true, bits(Buffer.from([0x80]), 7)),
      extension(oid.extendedKeyUsage, false, sequence(identifier(oid.serverAuth))),
      extension(oid.subjectAltName, false, sequence(...hosts.map(generalName))),
      extension(oid.subjectKeyIdentifier, false, octets(keyIdentifier(server.publicKey))),
      extension(oid.authorityKeyIdentifier, false, sequence(element(0x80, authorityId))),
    ],
  });
  return { ca, certificate: leaf, key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

const oid = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const;

interface CertificateContent {
  readonly issuer: string;
  readonly subject: string;
  readonly signer: KeyObject;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly now: number;
}

function certificate(content: CertificateContent): string {
  const algorithm = sequence(identifier(oid.ecdsaWithSha256));
  const serial = randomBytes(12);
  // Positive and without a leading zero octet, as DER wants it.
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  const toBeSigned = sequence(
    element(0xa0, element(0x02, Buffer.from([2]))),
    element(0x02, serial),
    algorithm,
    distinguishedName(content.issuer),
    sequence(time(content.now - dayMs), time(content.now + 365 * dayMs)),
    distinguishedName(content.subject),
    content.publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(...content.extensions)),
  );
  const signature = sign('sha256', toBeSigned, content.signer);
  const text = sequence(toBeSigned, algorithm, bits(signature, 0)).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${text.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
}

function distinguishedName(commonName: string): Buffer {
  return sequence(element(0x31, sequence(identifier(oid.commonName), element(0x0c, Buffer.from(commonName)))));
}

function generalName(host: string): Buffer {
  if (isIPv4(host)) return element(0x87, Buffer.from(host.split('.').map(Number)));
  if (isIPv6(host)) return element(0x87, ipv6Octets(host));
  return element(0x82, Buffer.from(host, 'ascii'));
}

function ipv6Octets(host: string): Buffer {
  const [head = '', tail] = host.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const octetsOfHost = Buffer.alloc(16);
  [...left, ...zeros, ...right].forEach((group, index) => octetsOfHost.writeUInt16BE(parseInt(group, 16), index * 2));
  return octetsOfHost;
}

function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

function time(ms: number): Buffer {
  // UTCTime YYMMDDHHMMSSZ: RFC 5280 wants it for every date before 2050.
  return element(
    0x17,
    Buffer.from(
      `${new Date(ms)
        .toISOString()
        .replace(/[-:T]|\..*/g, '')
        .slice(2)}Z`,
    ),
  );
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(identifier(id), ...(critical ? [boolean(true)] : []), octets(value));
}
