import type { JsonObject } from '../../../../src/core/model/json.ts';
import { rangeText } from './addresses.ts';
import { flag, free, names, number, option, paths, reference, text, words } from './fields.ts';
import { policyPath } from './policies.ts';
import { schema, type Schema } from './schema.ts';

export const virtualPath = '/ltm/virtual';
export const routeDomainPath = '/net/route-domain';
export const partitionPath = '/auth/partition';
export const folderPath = '/sys/folder';
export const dbPath = '/sys/db';

const description = text();
/** `/Common/10.0.0.1%1:80`, `0.0.0.0:0`, `::.0`; `any` and `any6` stand for the wildcards. */
const destination = text(256, (value) => /^(\/[^/]+\/)*[0-9a-fA-F:.%any]+[.:](\d+|any)$/.exec(value)?.[0]);
const source = text(64, (value) => (rangeText(value) === undefined ? undefined : value));
const firewall = { fwEnforcedPolicy: reference(policyPath), fwStagedPolicy: reference(policyPath) };

/** Where policies are bound, and what rules refer to outside the firewall. */
export function networkTables(defaultAction: 'accept' | 'drop' | 'reject'): readonly Schema[] {
  return [
    schema(partitionPath, 'partition', {
      scope: 'global',
      fields: { description, defaultRouteDomain: number(0, 65_534) },
      defaults: { defaultRouteDomain: 0 },
      delivered: [{ name: 'Common', description: 'Repository for system objects and shared objects.' }],
    }),
    schema(folderPath, 'folder', { fields: { description } }),
    schema(dbPath, 'database variable', {
      scope: 'global',
      fields: { value: text() },
      delivered: [
        // What happens to a packet that no rule of its last context decides about: ADC mode accepts, firewall mode drops.
        { name: 'tm.fw.defaultaction', value: defaultAction },
        { name: 'tm.sweeper.flow.acl', value: 'enable' },
      ],
    }),
    schema('/sys/provision', 'provisioned module', {
      scope: 'global',
      fields: { level: option('none', 'minimum', 'nominal', 'dedicated') },
      delivered: [
        { name: 'afm', level: 'nominal' },
        { name: 'ltm', level: 'nominal' },
      ],
    }),
    schema(routeDomainPath, 'route domain', {
      fields: {
        description,
        id: number(0, 65_534),
        strict: option('enabled', 'disabled'),
        parent: text(),
        vlans: paths('/net/vlan'),
        ...firewall,
      },
      defaults: { strict: 'enabled' },
      delivered: [{ name: '0', id: 0 }],
    }),
    schema(virtualPath, 'Virtual Server', {
      fields: virtualFields,
      defaults: { ipProtocol: 'any', enabled: true, source: '0.0.0.0/0' },
      delivered: wildcards,
    }),
    ...referred,
  ];
}

const virtualFields = {
  description,
  destination,
  mask: text(64),
  source,
  ipProtocol: text(16),
  enabled: flag,
  disabled: flag,
  vlans: paths('/net/vlan'),
  vlansEnabled: flag,
  vlansDisabled: flag,
  pool: text(),
  profiles: free,
  rules: paths('/ltm/rule'),
  ipForward: flag,
  sourceAddressTranslation: free,
  translateAddress: option('enabled', 'disabled'),
  translatePort: option('enabled', 'disabled'),
  securityLogProfiles: paths('/security/log/profile'),
  ...firewall,
} as const;

/** Everything that leaves goes through one of these two. */
const wildcards: readonly JsonObject[] = [
  { name: 'egress', destination: '/Common/0.0.0.0:0', mask: 'any', source: '0.0.0.0/0', ipForward: true },
  { name: 'egress6', destination: '/Common/::.0', mask: 'any6', source: '::/0', ipForward: true },
];

/** Looked up when something refers to them, and otherwise without meaning here. */
const referred: readonly Schema[] = [
  schema('/net/vlan', 'VLAN', { fields: { description, tag: number(1, 4_094) }, delivered: [{ name: 'internal' }] }),
  schema('/net/dns-resolver', 'DNS resolver', {
    fields: {
      description,
      forwardZones: free,
      routeDomain: text(),
      useIpv4: option('yes', 'no'),
      useIpv6: option('yes', 'no'),
    },
  }),
  schema('/net/service-policy', 'service policy', { fields: { description, timerPolicy: text() } }),
  schema('/ltm/rule', 'iRule', { fields: { apiAnonymous: text() } }),
  schema('/security/log/profile', 'log profile', {
    fields: { description, network: free },
    delivered: [{ name: 'global-network' }],
  }),
  schema('/security/protocol-inspection/profile', 'protocol inspection profile', {
    fields: { description, services: free },
    delivered: [{ name: 'protocol_inspection' }],
  }),
  schema('/ltm/data-group/internal', 'internal data group', {
    fields: { description, type: option('ip', 'string', 'integer'), records: names((name) => name) },
  }),
  schema('/cm/device-group', 'device group', {
    fields: {
      description,
      type: option('sync-failover', 'sync-only'),
      autoSync: option('enabled', 'disabled'),
      devices: words(),
    },
  }),
];
