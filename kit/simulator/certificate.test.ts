import { X509Certificate, createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { issueTestingCertificate } from './certificate.ts';

describe('issueTestingCertificate', async () => {
  const issued = await issueTestingCertificate('fortigate');
  const ca = new X509Certificate(issued.ca);
  const leaf = new X509Certificate(issued.certificate);

  it('issues a leaf that its own authority signed and nobody else', async () => {
    expect(ca.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.verify(new X509Certificate((await issueTestingCertificate('other')).ca).publicKey)).toBe(false);
    expect(leaf.checkIssued(ca)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(issued.key))).toBe(true);
  });

  it('names loopback in every spelling, and nothing else', () => {
    expect(leaf.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(leaf.checkHost('localhost')).toBe('localhost');
    expect(leaf.checkHost('example.com')).toBeUndefined();
  });

  it('is valid from a day ago for a year', async () => {
    const at = Date.UTC(2026, 5, 1, 12, 30, 15);
    const dated = new X509Certificate((await issueTestingCertificate('dated', ['localhost'], at)).certificate);
    expect([Date.parse(dated.validFrom), Date.parse(dated.validTo)]).toEqual([
      Date.UTC(2026, 4, 31, 12, 30, 15),
      Date.UTC(2027, 5, 1, 12, 30, 15),
    ]);
  });
});
