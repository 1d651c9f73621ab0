import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { SimulatedRequest } from '../../../../kit/simulator/simulated-device.ts';
import { Failure, type Call } from './call.ts';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const authorization =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8}\/([^/]+)\/([^/]+)\/aws4_request), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** Signature Version 4, by the IAM user guide, "Create a signed AWS API request". @throws Failure for one that is not signed with these keys */
export function checkSignature(request: SimulatedRequest, service: Call['service'], region: string, keys: Keys): void {
  const { headers } = request;
  const found = authorization.exec(headers['authorization'] ?? '');
  const [, id, scope = '', named, signedFor, signedHeaders = '', signature = ''] = found ?? [];
  if (id !== keys.accessKeyId) throw refused(service, 'The security token included in the request is invalid.');
  const [day = ''] = scope.split('/');
  const canonical = canonicalRequest(request, signedHeaders);
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'] ?? '', scope, sha256(canonical)].join('\n');
  const key = [day, named ?? '', signedFor ?? '', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${keys.secretAccessKey}`,
  );
  const expected = hmac(key, toSign);
  const isRight = timingSafeEqual(expected, Buffer.from(signature, 'hex'));
  if (isRight && named === region && signedFor === service) return;
  throw refused(service, 'The request signature we calculated does not match the signature you provided.');
}

function canonicalRequest({ method, path, headers, body }: SimulatedRequest, signedHeaders: string): string {
  const lines = signedHeaders.split(';').map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`);
  return [method, path, '', ...lines, '', signedHeaders, sha256(body)].join('\n');
}

function refused(service: Call['service'], message: string): Failure {
  return service === 'ec2'
    ? new Failure('AuthFailure', message, 401)
    : new Failure('InvalidSignatureException', message);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
