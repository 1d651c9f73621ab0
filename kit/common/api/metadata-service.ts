import { request } from 'node:http';
import type { HttpResponse } from '../../../src/adapter/http/client.ts';

const patienceMs = 5_000;
/** In bytes: far above any token. */
const largestAnswer = 64 * 1_024;

/**
 * What the metadata service of a machine in a cloud answers: it is link-local, and without TLS for everybody.
 *
 * @param url `http://169.254.169.254/path?query`
 * @returns undefined where there is no such service, or what answers is none
 */
export function askMetadataService(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<HttpResponse | undefined> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  return new Promise((resolve) => {
    const none = (): void => resolve(undefined);
    const asked = request(url, { headers, signal: limit }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('error', none);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > largestAnswer) asked.destroy(new Error('too large'));
        else chunks.push(chunk);
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: {}, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    asked.on('error', none);
    asked.end();
  });
}
