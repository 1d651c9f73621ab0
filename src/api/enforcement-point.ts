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
      .describe(
        'Must not be set: the Secret is always in the namespace that Postern runs in. The field exists only so that the error can say this.',
      ),
  }),
  {
    code: 'secret-elsewhere',
    cel: '!has(self.namespace)',
    holds: ({ namespace }) => namespace === undefined,
    message:
      'remove namespace: Postern reads Secrets only in the namespace that it runs in, so that an EnforcementPoint cannot point it at another one',
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
      'Largest number of unexplained removals (addresses and rules, minus their replacements) for one namespace or one cluster-wide policy. If there are more, they are held.',
    ),
  maxRemovalsPercent: z
    .int()
    .min(0)
    .max(100)
    .default(20)
    .describe(
      'The same limit as a percentage of what is in force. It applies from ten removals on; with 0 it applies from the first.',
    ),
});

const quotaSchema = z.strictObject({
  entriesPerNamespace: z
    .int()
    .min(0)
    .max(1_000_000)
    .describe(
      'Largest number of `to` entries in all EgressPolicies of one namespace together. Policies that deny are counted first, then the oldest. Entries beyond the limit have no effect, and the status of their policy says so. The label `postern.dev/quota` on a namespace sets another number for it.',
    ),
});

const clock = matching('^([01][0-9]|2[0-3]):[0-5][0-9]$', 'bad-clock-time', 'write hours and minutes: 22:00');

const changeWindowSchema = z.strictObject({
  days: setOf(
    z
      .array(z.enum(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']))
      .min(1)
      .max(7),
  ).describe('Days on which the window begins.'),
  from: ruled(z.string().max(5), clock).describe('Time of day at which the window begins, such as `22:00`.'),
  to: ruled(z.string().max(5), clock).describe(
    'Time of day at which the window ends. If it is not after `from`, the window ends on the next day.',
  ),
  timeZone: ruled(
    z.string().max(64),
    matching(
      '^[A-Za-z]+([_/+-][A-Za-z0-9]+)*$',
      'bad-time-zone',
      'write a time zone of the IANA database: UTC, Europe/Berlin',
    ),
  ).describe(
    'IANA time zone of these times, such as `Europe/Berlin`. If the time zone is unknown, the window never opens.',
  ),
});

const limitsSchema = z.strictObject({
  callsPerSecond: z
    .int()
    .min(1)
    .max(10_000)
    .describe(
      'Average requests per second to the host of the device, for all workers and all points of this host together.',
    ),
  burst: z.int().min(1).max(10_000).default(10).describe('Largest number of requests sent without a pause.'),
});

const enforcementPointSpecSchema = ruled(
  z.strictObject({
    adapter: shortNameSchema.describe('Kind of device: `fortigate`, `f5-afm`, `feed`, `istio`, `network-policy`, ...'),
    mode: z
      .enum(['Observe', 'Enforce'])
      .default('Observe')
      .describe(
        'Observe: Postern plans and reports but changes nothing on the device. Enforce: Postern applies the plan.',
      ),
    vantage: vantageSchema.default({ type: 'Pod' }).describe('What the point sees as the source of a flow.'),
    namespaceSelector: labelSelector('leave out namespaceSelector to cover every namespace')
      .optional()
      .describe('Selects the namespaces that the point covers. Absent: every namespace.'),
    policySelector: labelSelector('leave out policySelector to enforce every policy')
      .optional()
      .describe('Selects the policies that the point enforces. Absent: every policy.'),
    clusterNetworks: networks(64)
      .optional()
      .describe(
        'Networks from which the covered workloads get their addresses. If set, a Deny for all workloads and the default Deny also apply to addresses in these networks that no known pod has.',
      ),
    ...terminatingFields('the pods it covers'),
    secretRef: secretRefSchema
      .optional()
      .describe('Secret with the credentials of the device. It is always in the namespace that Postern runs in.'),
    config: marked(z.record(z.string(), z.unknown()), { preserveUnknownFields: true })
      .default({})
      .describe(
        'Options of the adapter, described on the page of the adapter and checked by it. Secrets belong in the Secret of `secretRef`, not here.',
      ),
    guard: guardSchema
      .default({ maxRemovals: 50, maxRemovalsPercent: 20 })
      .describe(
        'Limits on unexplained removals, which protect against mistakes such as a wrong selector. Postern counts them for each namespace and each cluster-wide policy separately, and holds only the removals of those that exceed a limit. Never held: the removal of a pod that Postern saw end or that two lists of the pods do not contain, and the addition of new pods.',
      ),
    quota: quotaSchema
      .optional()
      .describe(
        'How much of the point one namespace may use, so that no namespace fills the device. Absent: no limit.',
      ),
    changeWindows: z
      .array(changeWindowSchema)
      .min(1)
      .max(16)
      .optional()
      .describe(
        'Times at which Postern may write changes that permit more. Outside these windows such changes wait, and the status says so. Never delayed: changes that permit less, new pods of rules that are in force, and what a breakGlass approval permits. Absent: at any time.',
      ),
    onControllerLoss: z
      .enum(['Keep', 'Expire'])
      .optional()
      .describe(
        'What happens to permitted access when no controller runs. Keep: it stays. Expire: after `expireAfterSeconds` without a controller, a worker removes every pod from the groups of Accept rules, and adds the pods again when a controller is back. Deny rules stay. Absent: Keep.',
      ),
    expireAfterSeconds: z
      .int()
      .min(300)
      .max(2_592_000)
      .optional()
      .describe(
        'Seconds without a controller after which access expires. Only with `onControllerLoss: Expire`. Absent: 3600, one hour.',
      ),
    limits: limitsSchema
      .optional()
      .describe(
        'Rate limit for requests to the device. Absent: no limit. After an answer with status 429, Postern always waits as long as the device asks.',
      ),
    defaultAction: z.enum(['Accept', 'Deny']).default('Deny').describe('Action for flows that no rule matches.'),
  }),
  ...terminatingRules,
  {
    code: 'expiry-forbidden',
    cel: "!has(self.expireAfterSeconds) || (has(self.onControllerLoss) && self.onControllerLoss == 'Expire')",
    holds: ({ onControllerLoss, expireAfterSeconds }) =>
      expireAfterSeconds === undefined || onControllerLoss === 'Expire',
    message:
      'expireAfterSeconds has an effect only with onControllerLoss: Expire: remove it, or set onControllerLoss: Expire',
    field: 'expireAfterSeconds',
    reason: 'FieldValueForbidden',
  },
  {
    code: 'nothing-expires',
    cel: "!has(self.onControllerLoss) || self.onControllerLoss != 'Expire' || self.vantage.type != 'Labels'",
    holds: ({ onControllerLoss, vantage }) => onControllerLoss !== 'Expire' || vantage.type !== 'Labels',
    message:
      'with vantage type Labels nothing can expire, because the network plugin follows the pods without Postern: remove onControllerLoss, or set it to Keep',
    field: 'onControllerLoss',
    reason: 'FieldValueForbidden',
  },
);

export const enforcementPointSchema = z.looseObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('EnforcementPoint'),
  metadata: objectMetaSchema,
  spec: enforcementPointSpecSchema.describe(
    'One place that enforces policies: a firewall, a cloud service, a feed, the mesh or the cluster network.',
  ),
});
export type EnforcementPoint = z.infer<typeof enforcementPointSchema>;
