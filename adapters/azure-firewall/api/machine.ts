import { askMetadataService } from '../../../kit/common/api/metadata-service.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { HttpResponse } from '../../../src/adapter/http/client.ts';

/** The metadata service of a machine in Azure. */
const metadata = 'http://169.254.169.254';

/** A token for the identity of the machine. @throws AdapterError `auth` where there is no such service */
export async function askMachine(
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
  const url = `${base}/metadata/identity/oauth2/token?${query.toString()}`;
  const answer = await askMetadataService(url, { Metadata: 'true' }, signal);
  if (answer !== undefined) return answer;
  const message =
    'The metadata service of the machine (169.254.169.254) does not answer: config.credentials ManagedIdentity needs a worker that runs on a machine of Azure and may reach it.';
  throw new AdapterError('auth', message);
}
