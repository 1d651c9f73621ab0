import { kinds } from '../../api/kinds.ts';
import { apiVersion, refreshAnnotation } from '../../api/meta.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { asApiError } from '../../kube/api-error.ts';
import { openCluster, type ClusterOptions } from '../../kube/client/connect.ts';
import { objectPath } from '../../kube/client/paths.ts';
import type { ApiClient } from '../../kube/client/transport.ts';
import { exitCodes, type ExitCode, type Io } from '../io.ts';

/** Has the device of a point probed and read at once, by an annotation that the controller follows. */
export async function refresh(name: string, options: ClusterOptions, io: Io): Promise<ExitCode> {
  await annotate(await openCluster(options), name, io);
  io.out.write(`${name} is probed and read again; \`postern status\` tells what is found.\n`);
  return exitCodes.ok;
}

/** @throws UsageError when the point is not there, or may not be changed */
export async function annotate(
  api: Pick<ApiClient, 'request'>,
  name: string,
  { clock, signal }: Pick<Io, 'clock' | 'signal'>,
): Promise<void> {
  const path = objectPath({ apiVersion, plural: kinds.EnforcementPoint.plural, name });
  const annotations = { [refreshAnnotation]: new Date(clock.now()).toISOString() };
  const contentType = 'application/merge-patch+json';
  try {
    await api.request({ method: 'PATCH', path, contentType, body: { metadata: { annotations } }, signal });
  } catch (error) {
    throw new UsageError(`EnforcementPoint/${name} could not be annotated: ${asApiError(error).message}`);
  }
}
