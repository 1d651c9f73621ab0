import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { asApiError } from '../api-error.ts';
import { objectPath } from '../client/paths.ts';
import type { ApiClient } from '../client/transport.ts';

/** Finds the values of a Secret of Postern's own namespace, by its name; undefined: there is none. */
type SecretSource = (name: string) => Promise<Readonly<Record<string, string>> | undefined>;

/** Read from the cluster each time. How Secrets look is loaded with the first: most workers have theirs as files. */
export function secretsFromCluster(api: ApiClient, namespace: string): SecretSource {
  return async (name) => {
    const { readSecret } = await import('../kinds/secret.ts');
    try {
      const path = objectPath({ apiVersion: 'v1', plural: 'secrets', namespace, name });
      const secret = readSecret(await api.request({ path }));
      return 'object' in secret ? secret.object.data : undefined;
    } catch (error) {
      if (asApiError(error).status === 404) return undefined;
      throw error;
    }
  };
}

/**
 * Secrets mounted as files, `<directory>/<secret>/<key>`, read again each time, so that a rotated one is seen. White
 * space at the end of a value is taken off: an editor's newline is no part of a token.
 */
export function secretsFromDirectory(directory: string): SecretSource {
  return async (name) => {
    const folder = join(directory, basename(name));
    try {
      // A mounted Secret has hidden entries of its own beside the keys.
      const keys = (await readdir(folder)).filter((key) => !key.startsWith('.'));
      const read = async (key: string): Promise<[string, string]> => [
        key,
        (await readFile(join(folder, key), 'utf8')).trimEnd(),
      ];
      return Object.fromEntries(await Promise.all(keys.map(read)));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  };
}
