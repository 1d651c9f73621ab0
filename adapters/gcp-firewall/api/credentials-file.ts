import { z } from 'zod';
import { parseAnswer } from '../../../kit/common/api/parse-answer.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';

/* The file in which Google's own clients look for application default credentials. */

/** Where Kubernetes projects tokens to; nothing else that the worker can read is sent anywhere. */
const tokenFolders = /^\/var\/run\/(service-account|secrets\/tokens)\/(?!.*\.\.)[\w./-]+$/;

const keyFile = z.object({
  type: z.literal('service_account'),
  client_email: z.string().regex(/^[\w.@-]+$/),
  private_key: z.string(),
  private_key_id: z.string().optional(),
});
const federation = z.object({
  type: z.literal('external_account'),
  audience: z.string(),
  subject_token_type: z.string(),
  credential_source: z.object({
    file: z.string().regex(tokenFolders, 'must be a file below /var/run/service-account/ or /var/run/secrets/tokens/'),
  }),
  service_account_impersonation_url: z
    .string()
    .regex(/^https:\/\/[^/]+\/v1\/projects\/-\/serviceAccounts\/[\w.@-]+:generateAccessToken$/)
    .optional(),
});
const credentialsFile = z.discriminatedUnion('type', [keyFile, federation]);

export type KeyFile = z.output<typeof keyFile>;
export type Federation = z.output<typeof federation>;

/** @throws AdapterError `auth` for what is no such file */
export function credentialsIn(text: string | undefined): KeyFile | Federation {
  const read = credentialsFile.safeParse(parseAnswer(text ?? ''));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where =
    text === undefined ? 'it is not there' : `${['', ...(issue?.path ?? [])].join('.')} ${issue?.message ?? ''}`.trim();
  const message = `The secret of this enforcement point needs "credentials.json": the key file of a service account, or the configuration of workload identity federation with a token file (${where.slice(0, 200)}). Or say config.credentials: MetadataServer.`;
  throw new AdapterError('auth', message);
}
