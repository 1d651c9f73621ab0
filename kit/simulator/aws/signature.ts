import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { SimulatedRequest } from '../simulated-device.ts';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const authorization =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8}\/([^/]+)\/([^/]+)\/aws4_request), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

export type SignatureFault = 'unknown-key' | 'mismatch';

/** Signature Version 4, by the IAM user guide, "Create a signed AWS API request"; undefined: it is signed with these keys. */
export function signatureFault(
  request: SimulatedRequest,
  { service, region, keys }: { readonly service: string; readonly region: string; readonly keys: Keys },
): SignatureFault | undefined {
  const { headers } = request;
  const found = authorization.exec(headers['authorization'] ?? '');
  const [, id, scope = '', named, signedFor, signedHeaders = '', signature = ''] = found ?? [];
  if (id !== keys.accessKeyId) return 'unknown-key';
  const [day = ''] = scope.split('/');
  const canonical = canonicalRequest(request, signedHeaders);
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'] ?? '', scope, sha256(canonical)].join('\n');
  const key = [day, named ?? '', signedFor ?? '', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${keys.secretAccessKey}`,
  );
  const expected = hmac(key, toSign);
  const isRight = timingSafeEqual(expected, Buffer.from(signature, 'hex'));
  return isRight && named === region && signedFor === service ? undefined : 'mismatch';
}

function canonicalRequest({ method, path, headers, body }: SimulatedRequest, signedHeaders: string): string {
  const [pathname = '', query = ''] = path.split('?');
  const parameters = query
    .split('&')
    .filter(Boolean)
    .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
    .sort();
  const lines = signedHeaders.split(';').map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`);
  const content = headers['x-amz-content-sha256'] ?? sha256(body);
  return [method, pathname, parameters.join('&'), ...lines, '', signedHeaders, content].join('\n');
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
