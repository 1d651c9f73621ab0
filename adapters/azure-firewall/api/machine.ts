import { request } from 'node:http';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { HttpResponse } from '../../../src/adapter/http.ts';

/** The metadata service of a machine in Azure: link-local, and without TLS for everybody. */
const metadata = 'http://169.254.169.254';
const patienceMs = 5_000;

/** A token for the identity of the machine. @throws AdapterError `auth` where there is no such service */
export function askMachine(
  resource: string,
  clientId: string | undefined,
  signal: AbortSignal,
  base = metadata,
): Promise<HttpResponse> {
  const query = new URLSearchParams({
    'api-version': '2018-02-01',
    resource,
    ...(clientId !== undefined && { client_id: clientId }),
  });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  return new Promise((resolve, reject) => {
    const asked = request(
      `${base}/metadata/identity/oauth2/token?${query.toString()}`,
      { headers: { Metadata: 'true' }, signal: limit },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('error', () => reject(noService()));
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: {}, body: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    asked.on('error', () => reject(noService()));
    asked.end();
  });
}

function noService(): AdapterError {
  const message =
    'The metadata service of the machine (169.254.169.254) does not answer: config.credentials ManagedIdentity needs a worker that runs on a machine of Azure and may reach it.';
  return new AdapterError('auth', message);
}
