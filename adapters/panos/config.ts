import { z } from 'zod';
import { deviceUrl, inspectionProfiles, requestTimeoutMs } from '../../kit/common/config-options.ts';

/** As the device takes them; none can end an attribute or a path. */
const objectName = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_ .-]{0,62}$/, 'must be a PAN-OS name: letters, digits, space, dot, _ and -');

const anchorSchema = z.union([
  z.enum(['top', 'bottom']),
  z.strictObject({ above: objectName }),
  z.strictObject({ below: objectName }),
]);

/** `spec.config` of an enforcement point of kind `panos`. */
export const panosConfigSchema = z.strictObject({
  url: deviceUrl('fw.example.com'),
  vsys: z
    .string()
    .regex(/^vsys[1-9][0-9]{0,2}$/, 'must be the id of one virtual system, vsys1')
    .default('vsys1')
    .describe('The one virtual system that this enforcement point is; vsys1 on a firewall without others.'),
  manage: z
    .enum(['rules', 'tags'])
    .default('rules')
    .describe(
      'rules: address groups and security rules are written and committed, too. tags: addresses are registered with tags and nothing is ever committed; dynamic address groups and rules with those tags are yours.',
    ),
  panorama: z
    .strictObject({
      deviceGroup: objectName.describe(
        'Device group in which Postern writes pre-rules, addresses, groups and services.',
      ),
      firewall: z
        .string()
        .regex(/^[0-9A-Za-z]{6,32}$/, 'must be the serial number of one firewall')
        .describe('Serial number of the firewall: Postern registers addresses there and pushes its changes to it.'),
    })
    .optional()
    .describe(
      'A Panorama answers at config.url, and manages the firewall: rules are committed there and pushed as a second step (PAN-OS 11.0.1 and later on the Panorama).',
    ),
  sourceZones: z
    .array(objectName)
    .min(1)
    .default(['any'])
    .describe('Zones where the cluster is; all rules name them as source.'),
  destinationZones: z.array(objectName).min(1).default(['any']).describe('Zones where destinations are.'),
  anchor: anchorSchema
    .default('top')
    .describe(
      "Where Postern's block of rules begins: top (before every other rule), bottom, {above: name} or {below: name} of a rule of yours.",
    ),
  profiles: inspectionProfiles(
    objectName,
    'Which security profile group the inspection profiles are that policies name. A rule with a profile that is missing here is left out.',
  ),
  logSetting: objectName.optional().describe('Log forwarding profile of all rules.'),
  logSessionEnd: z.boolean().default(true).describe('Log the end of sessions of rules that do not ask for logging.'),
  clearSessions: z
    .boolean()
    .default(true)
    .describe(
      'End the sessions of an address that leaves an accepting group: they outlive its tag. One request for each address.',
    ),
  memberTimeoutSeconds: z
    .int()
    .min(600)
    .max(2_592_000)
    .optional()
    .describe(
      'Seconds after which the firewall forgets addresses of accepting groups that Postern has not renewed, so that access ends when Postern is gone. Postern renews them after half of this time. Absent: they stay until Postern withdraws them. Addresses of denying groups always stay.',
    ),
  requestTimeoutMs: requestTimeoutMs(60_000),
});
export type PanosConfig = z.infer<typeof panosConfigSchema>;
