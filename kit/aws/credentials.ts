import type { AdapterDeps } from '../../src/adapter/adapter.ts';
import { AdapterError } from '../../src/adapter/errors.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The keys of now: those that come from elsewhere are renewed in time. */
export type CredentialSource = () => Promise<Credentials>;

/**
 * The keys in the secret, or what AWS's own chain finds where Postern runs: environment, web identity, container, profile
 * and instance. The chain is loaded when it is needed. It throws AdapterError `auth` for half a pair of keys, and where
 * nothing is found.
 */
export function credentialSource(secret: AdapterDeps['secret'], region: string): CredentialSource {
  const { accessKeyId, secretAccessKey, sessionToken } = secret;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    const half = new AdapterError(
      'auth',
      'The secret of this enforcement point has one of accessKeyId and secretAccessKey; give both, or neither for the keys of the place where Postern runs.',
    );
    return () => Promise.reject(half);
  }
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    const keys = {
      accessKeyId: accessKeyId.trim(),
      secretAccessKey: secretAccessKey.trim(),
      ...(sessionToken !== undefined && { sessionToken: sessionToken.trim() }),
    };
    return () => Promise.resolve(keys);
  }
  let chain: Promise<CredentialSource> | undefined;
  return async () => {
    chain ??= ownChain(region);
    return (await chain)().catch(refuse);
  };
}

async function ownChain(region: string): Promise<CredentialSource> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  return defaultProvider({ clientConfig: { region } });
}

/** Messages of the chain may hold paths and addresses, so the error names only the kind of trouble. */
function refuse(error: unknown): never {
  const name = error instanceof Error ? error.name : 'unknown error';
  throw new AdapterError(
    'auth',
    `No AWS credentials were found (${name}). Give the service account of Postern a role, or put accessKeyId and secretAccessKey into the secret of this enforcement point.`,
  );
}
