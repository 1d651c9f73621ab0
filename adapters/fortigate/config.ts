import { z } from 'zod';
import { deviceUrl, inspectionProfiles, requestTimeoutMs } from '../../kit/common/config-options.ts';

const objectName = (limit: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(limit)
    .regex(/^[^<>()#'"]*$/, 'FortiOS refuses <>()#\'" in names');

const profileName = objectName(47).optional();

const inspectionSchema = z.strictObject({
  'ips-sensor': profileName.describe('IPS sensor.'),
  'application-list': profileName.describe('Application control list.'),
  'ssl-ssh-profile': profileName.describe(
    'SSL/SSH inspection profile; FortiOS inspects nothing encrypted without one.',
  ),
  'av-profile': profileName.describe('Antivirus profile.'),
  'webfilter-profile': profileName.describe('Web filter profile.'),
  'dnsfilter-profile': profileName.describe('DNS filter profile.'),
});
export type Inspection = z.infer<typeof inspectionSchema>;

const anchorSchema = z.union([
  z.enum(['top', 'bottom']),
  z.strictObject({ above: objectName(35) }),
  z.strictObject({ below: objectName(35) }),
]);

/** `spec.config` of an enforcement point of kind `fortigate`. */
export const fortigateConfigSchema = z.strictObject({
  url: deviceUrl('fw.example.com'),
  vdom: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,31}$/, 'must be the name of one VDOM')
    .default('root')
    .describe('The one VDOM that this enforcement point is; write another enforcement point for another VDOM.'),
  srcInterfaces: z
    .array(objectName(35))
    .min(1)
    .default(['any'])
    .describe('Interfaces or zones where the cluster is; all policies name them as source.'),
  dstInterfaces: z
    .array(objectName(35))
    .min(1)
    .default(['any'])
    .describe('Interfaces or zones where destinations are.'),
  carrier: z
    .enum(['auto', 'objects', 'pushFeed'])
    .default('auto')
    .describe(
      'How pod addresses get there. objects: address objects in groups. pushFeed: a pushed threat feed per group, one call for any number of changes (FortiOS 7.2.1 and later). auto: pushFeed where possible, on devices with at least 64 feeds; with more groups than feeds set objects.',
    ),
  profiles: inspectionProfiles(
    inspectionSchema,
    'What the inspection profiles that policies name are here. A rule with a profile that is missing here is left out.',
  ),
  logTraffic: z
    .enum(['all', 'utm', 'disable'])
    .default('utm')
    .describe('Traffic log of accepting policies that do not ask for logging.'),
  nat: z.boolean().default(false).describe('Translate the source address of accepted flows to that of the interface.'),
  anchor: anchorSchema
    .default('top')
    .describe(
      "Where Postern's block of policies begins: top (before every other policy), bottom, {above: name} or {below: name} of a policy of yours.",
    ),
  transactions: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe(
      'Make many changes visible at one instant with a FortiOS batch transaction. auto: since 7.4.1, where one that a crash left behind can be told from those of others; before, it locks its tables until its time is up. on: on every version that has them. off: one by one, in a safe order.',
    ),
  revokeSessions: z
    .boolean()
    .default(false)
    .describe('End the sessions of an address that leaves an accepting group (needs sysgrp.cfg read-write).'),
  allowFortiManagerManaged: z
    .boolean()
    .default(false)
    .describe(
      'Write to a FortiGate that a FortiManager manages, although its next install removes what Postern wrote.',
    ),
  requestTimeoutMs: requestTimeoutMs(30_000),
  transactionTimeoutSeconds: z
    .int()
    .min(10)
    .max(3_600)
    .default(120)
    .describe('Seconds after which the device drops an uncommitted transaction.'),
  maxConcurrency: z
    .int()
    .min(1)
    .max(8)
    .default(3)
    .describe(
      'Connections to the device at the same time. Pushes of different addresses use as many, up to four, and so do address objects that are made and deleted outside a transaction; other writes follow one another. Reads leave one free beside those on which something is written.',
    ),
});
export type FortigateConfig = z.infer<typeof fortigateConfigSchema>;
