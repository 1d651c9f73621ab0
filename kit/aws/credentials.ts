import type { AdapterDeps } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The keys of now: those that come from elsewhere are renewed in time. */
export type CredentialSource = () => Promise<Credentials>;

/**
 * The keys in the secret, or what AWS's own chain finds where Postern runs: environment, web identity, container, profile
 * and instance. The chain is loaded when it is needed.
 *
 * @throws AdapterError `auth` for half a pair of keys
 */
export async function credentialSource(secret: AdapterDeps['secret'], region: string): Promise<CredentialSource> {
  const { accessKeyId, secretAccessKey, sessionToken } = secret;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new AdapterError(
      'auth',
      'The secret of this enforcement point has one of accessKeyId and secretAccessKey; give both, or neither for the keys of the place where Postern runs.',
    );
  }
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    const keys = {
      accessKeyId: accessKeyId.trim(),
      secretAccessKey: secretAccessKey.trim(),
      ...(sessionToken !== undefined && { sessionToken: sessionToken.trim() }),
    };
    return () => Promise.resolve(keys);
  }
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  const provide = defaultProvider({ clientConfig: { region } });
  return () => provide().catch(refuse);
}

/** Messages of the chain may hold paths and addresses, so that only the kind of trouble is told. */
function refuse(error: unknown): never {
  const name = error instanceof Error ? error.name : 'unknown error';
  throw new AdapterError(
    'auth',
    `No AWS credentials were found (${name}). Give the service account of Postern a role, or put accessKeyId and secretAccessKey into the secret of this enforcement point.`,
  );
}
