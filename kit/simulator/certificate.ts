import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { KeyObject, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

/** A server's key and certificate and the authority that signed it, all PEM. They live as long as the process. */
export interface TestingCertificate {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;

/**
 * A fresh authority and a server certificate for loopback, valid from a day ago for a year. It has every extension
 * that strict verifiers ask for (RFC 5280; Python's `VERIFY_X509_STRICT`).
 */
export async function issueTestingCertificate(
  commonName: string,
  hosts: readonly string[] = ['localhost', '127.0.0.1', '::1'],
  now: number = Date.now(),
): Promise<TestingCertificate> {
  const [authority, server] = await Promise.all([newKeys(), newKeys()]);
  const authorityName = `CN=${commonName} testing authority`;
  const base = { issuer: authorityName, signingKey: authority.privateKey, signingAlgorithm: algorithm };
  const validity = { notBefore: new Date(now - dayMs), notAfter: new Date(now + 365 * dayMs) };
  const ca = await X509CertificateGenerator.create({
    ...base,
    ...validity,
    subject: authorityName,
    publicKey: authority.publicKey,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  const leaf = await X509CertificateGenerator.create({
    ...base,
    ...validity,
    subject: `CN=${commonName}`,
    publicKey: server.publicKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }))),
      await SubjectKeyIdentifierExtension.create(server.publicKey),
      await AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  const key = KeyObject.from(server.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  return { ca: `${ca.toString('pem')}\n`, certificate: `${leaf.toString('pem')}\n`, key };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}
