import { z } from 'zod';
import { setOf } from './fields/list.ts';
import { objectNameSchema, shortNameSchema } from './fields/formats.ts';
import { networks } from './fields/destination.ts';
import { apiVersion, objectMetaSchema } from './meta.ts';
import { marked, matching, ruled } from './fields/rule.ts';
import { labelSelector } from './fields/selector.ts';
import { terminatingFields, terminatingRules } from './fields/terminating.ts';
import { vantageSchema } from './fields/vantage.ts';

const secretRefSchema = ruled(
  z.strictObject({
    name: objectNameSchema.describe('Name of the Secret.'),
    namespace: z
      .string()
      .max(63)
      .optional()
      .describe('Always refused: the Secret is in the namespace of Postern itself. It is here to tell you so.'),
  }),
  {
    code: 'secret-elsewhere',
    cel: '!has(self.namespace)',
    holds: ({ namespace }) => namespace === undefined,
    message:
      'leave out namespace: the Secret is always in the namespace that Postern runs in, so that nobody can make it read another',
    field: 'namespace',
    reason: 'FieldValueForbidden',
  },
);

const guardSchema = z.strictObject({
  maxRemovals: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(50)
    .describe(
      'What a namespace or a cluster-wide policy loses is held when that is more than this many addresses and rules that nothing explains, less those that take their place.',
    ),
  maxRemovalsPercent: z
    .int()
    .min(0)
    .max(100)
    .default(20)
    .describe(
      'The same as a share of what is there; the share counts from ten removals on, or from the first where it is 0.',
    ),
});

const quotaSchema = z.strictObject({
  entriesPerNamespace: z
    .int()
    .min(0)
    .max(1_000_000)
    .describe(
      'Entries of `to` in all EgressPolicies of one namespace together. Denying policies count first, then the oldest; what does not fit is left out and says so. The label `postern.dev/quota` of a namespace is its own number.',
    ),
});

const clock = matching('^([01][0-9]|2[0-3]):[0-5][0-9]$', 'bad-clock-time', 'write hours and minutes: 22:00');

const changeWindowSchema = z.strictObject({
  days: setOf(
    z
      .array(z.enum(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']))
      .min(1)
      .max(7),
  ).describe('Days on which it begins.'),
  from: ruled(z.string().max(5), clock).describe('When it begins, `22:00`.'),
  to: ruled(z.string().max(5), clock).describe('When it ends, not after `from`: on the next day.'),
  timeZone: ruled(
    z.string().max(64),
    matching(
      '^[A-Za-z]+([_/+-][A-Za-z0-9]+)*$',
      'bad-time-zone',
      'write a time zone of the IANA database: UTC, Europe/Berlin',
    ),
  ).describe('Time zone of these times, `Europe/Berlin`. In one that does not exist the window is never open.'),
});

const limitsSchema = z.strictObject({
  callsPerSecond: z
    .int()
    .min(1)
    .max(10_000)
    .describe('Requests per second on average, of all workers and of all points with the same host together.'),
  burst: z.int().min(1).max(10_000).default(10).describe('Requests that may follow each other at once.'),
});

const enforcementPointSpecSchema = ruled(
  z.strictObject({
    adapter: shortNameSchema.describe('Kind of device: `fortigate`, `f5-afm`, `feed`, `istio`, `network-policy`, ...'),
    mode: z
      .enum(['Observe', 'Enforce'])
      .default('Observe')
      .describe('Observe plans and reports and touches nothing; Enforce carries plans out.'),
    vantage: vantageSchema.default({ type: 'Pod' }).describe('What the point really sees as the source of a flow.'),
    namespaceSelector: labelSelector('leave out namespaceSelector to cover every namespace')
      .optional()
      .describe('Namespaces it covers, by label; absent: all. What policies permit bounds it either way.'),
    policySelector: labelSelector('leave out policySelector to enforce every policy')
      .optional()
      .describe('Policies it enforces, by label; absent: all.'),
    clusterNetworks: networks(64)
      .optional()
      .describe(
        'Networks out of which covered workloads get their addresses. With them, Deny for everyone and the default Deny hold for an address nobody has seen yet.',
      ),
    ...terminatingFields('the pods it covers'),
    secretRef: secretRefSchema
      .optional()
      .describe('Secret with the credentials, in the namespace of Postern itself, always.'),
    config: marked(z.record(z.string(), z.unknown()), { preserveUnknownFields: true })
      .default({})
      .describe(
        "The adapter's own options, checked by the adapter; see the adapter's page. No secrets: those go into `secretRef`.",
      ),
    guard: guardSchema
      .default({ maxRemovals: 50, maxRemovalsPercent: 20 })
      .describe(
        'Limits on removals that nothing explains. They are counted for each namespace and each cluster-wide policy by itself, and only what exceeds them is held. Never held is the withdrawal of a pod that was seen to end or that two lists of the pods do not show, nor what lets new pods in.',
      ),
    quota: quotaSchema
      .optional()
      .describe(
        'What one namespace may take of the point, so that none takes it all. Absent: as much as its policies ask for.',
      ),
    changeWindows: z
      .array(changeWindowSchema)
      .min(1)
      .max(16)
      .optional()
      .describe(
        'When rules that permit more may be written. Outside of them such rules wait and are told; what permits less never waits, nor do pods that join what is permitted already, nor what is in force by breakGlass. Absent: at any time.',
      ),
    onControllerLoss: z
      .enum(['Keep', 'Expire'])
      .optional()
      .describe(
        'What becomes of what is permitted when nobody follows the cluster any more. Keep: it stays. Expire: after `expireAfterSeconds` without a controller a worker takes every pod out of what is permitted, and lets them in again when a controller is back; what is denied stays denied. Absent: Keep.',
      ),
    expireAfterSeconds: z
      .int()
      .min(300)
      .max(2_592_000)
      .optional()
      .describe('With `onControllerLoss: Expire`, and only there: after how long. Absent: 3600, an hour.'),
    limits: limitsSchema
      .optional()
      .describe(
        'How often the device may be asked. Absent: as fast as it answers. A device that answers 429 is left alone for as long as it asks either way.',
      ),
    defaultAction: z.enum(['Accept', 'Deny']).default('Deny').describe('What happens to flows that no rule matches.'),
  }),
  ...terminatingRules,
  {
    code: 'expiry-forbidden',
    cel: "!has(self.expireAfterSeconds) || (has(self.onControllerLoss) && self.onControllerLoss == 'Expire')",
    holds: ({ onControllerLoss, expireAfterSeconds }) =>
      expireAfterSeconds === undefined || onControllerLoss === 'Expire',
    message: 'only with onControllerLoss: Expire there is a time: leave it out, or say onControllerLoss: Expire',
    field: 'expireAfterSeconds',
    reason: 'FieldValueForbidden',
  },
  {
    code: 'nothing-expires',
    cel: "!has(self.onControllerLoss) || self.onControllerLoss != 'Expire' || self.vantage.type != 'Labels'",
    holds: ({ onControllerLoss, vantage }) => onControllerLoss !== 'Expire' || vantage.type !== 'Labels',
    message:
      'at vantage Labels nothing is to expire, since the network plugin follows the pods by itself: leave out onControllerLoss, or say Keep',
    field: 'onControllerLoss',
    reason: 'FieldValueForbidden',
  },
);

export const enforcementPointSchema = z.looseObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('EnforcementPoint'),
  metadata: objectMetaSchema,
  spec: enforcementPointSpecSchema.describe(
    'One place that enforces the policies: a firewall, a cloud service, a feed or the mesh.',
  ),
});
export type EnforcementPoint = z.infer<typeof enforcementPointSchema>;
