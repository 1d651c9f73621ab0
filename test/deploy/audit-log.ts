import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Flags } from '../integration/envtest.ts';

/** One request that an account of Postern made, as the API server has it in its audit log. */
export interface ApiCall {
  readonly account: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** Empty: of no namespace, or of all. */
  readonly namespace: string;
  readonly name?: string;
  readonly status: number;
  readonly allowed: boolean;
}

const policy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    userGroups: ['system:serviceaccounts:postern-system']
  - level: None
`;

const eventSchema = z.looseObject({
  stage: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  user: z.looseObject({ username: z.string() }),
  objectRef: z
    .looseObject({
      resource: z.string(),
      subresource: z.string().optional(),
      apiGroup: z.string().default(''),
      namespace: z.string().default(''),
      name: z.string().optional(),
    })
    .optional(),
  responseStatus: z.looseObject({ code: z.number().default(0) }).optional(),
  annotations: z.record(z.string(), z.string()).default({}),
});

const accountPrefix = 'system:serviceaccount:postern-system:';

/** The audit log of an API server, of what the accounts of Postern do and of nothing else. */
export class AuditLog {
  readonly flags: Flags;
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, 'api-audit.log');
    const policyPath = join(folder, 'api-audit-policy.yaml');
    writeFileSync(policyPath, policy);
    this.flags = { 'audit-policy-file': policyPath, 'audit-log-path': this.#path, 'audit-log-format': 'json' };
  }

  /** Requests about resources so far; discovery, which every account may use, is left out. */
  calls(): readonly ApiCall[] {
    // What comes after the last line break is still being written.
    const lines = readFileSync(this.#path, 'utf8').split('\n').slice(0, -1);
    return lines.flatMap((line) => {
      const { verb, user, objectRef, responseStatus, annotations } = eventSchema.parse(JSON.parse(line));
      if (objectRef === undefined) return [];
      const { resource, subresource, apiGroup, namespace, name } = objectRef;
      return {
        account: user.username.slice(accountPrefix.length),
        verb,
        group: apiGroup,
        resource: subresource === undefined ? resource : `${resource}/${subresource}`,
        namespace,
        ...(name !== undefined && { name }),
        status: responseStatus?.code ?? 0,
        allowed: annotations['authorization.k8s.io/decision'] !== 'forbid' && responseStatus?.code !== 403,
      };
    });
  }
}
