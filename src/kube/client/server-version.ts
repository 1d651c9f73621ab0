import { z } from 'zod';
import { UsageError } from '../../core/model/usage-error.ts';
import { asApiError } from '../api-error.ts';
import type { ApiClient } from './transport.ts';

/** The oldest minor version of Kubernetes 1 whose API server takes our kinds as they are. Pages and the chart say it, too. */
export const oldestMinor = 31;

/** Providers add to the number: `31+`. */
const versionSchema = z.object({
  major: z.string(),
  minor: z.string().transform((minor) => Number.parseInt(minor, 10)),
  gitVersion: z.string(),
});

/**
 * Passes if the version may not be read, or cannot be parsed.
 *
 * @throws UsageError when the API server is too old
 * @throws {ApiError} when it does not answer
 */
export async function requireServerVersion(api: ApiClient, signal: AbortSignal): Promise<void> {
  const answer = await api.request({ path: '/version', signal }).catch((error: unknown) => {
    if (asApiError(error).status === 0) throw error;
    return undefined;
  });
  const parsed = versionSchema.safeParse(answer);
  if (!parsed.success || parsed.data.major !== '1' || !(parsed.data.minor < oldestMinor)) return;
  throw new UsageError(
    `The API server is Kubernetes ${parsed.data.gitVersion}; Postern needs 1.${oldestMinor} or newer. Upgrade the cluster.`,
  );
}
