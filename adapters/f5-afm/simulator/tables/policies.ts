import type { Fields } from '../../../../kit/simulator/tables/fields.ts';
import { objectAt, textAt } from '../../../../kit/simulator/tables/rows.ts';
import { misconfigured } from '../api/failure.ts';
import type { Profile } from '../profile.ts';
import { names, number, option, paths, reference, struct, text } from './fields.ts';
import { addressFields, addressList, portList, portNames, userList } from './lists.ts';
import { schedulePath } from './schedules.ts';
import { schema, type Entry, type Schema } from './schema.ts';

export const ruleListPath = '/security/firewall/rule-list';
export const policyPath = '/security/firewall/policy';
export const globalRulesPath = '/security/firewall/global-rules';
export const fqdnPolicyPath = '/security/firewall/global-fqdn-policy';

/** Names for some IP protocol numbers; others go by number. */
export const protocols: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  sctp: 132,
};

/** The device's spelling: `6` is `tcp`, `255` is `any`. */
function protocolText(value: string): string | undefined {
  if (value === 'any' || value === '255') return 'any';
  if (Object.hasOwn(protocols, value)) return value;
  const known = Object.entries(protocols).find(([, id]) => String(id) === value);
  return known?.[0] ?? (/^\d{1,3}$/.test(value) && Number(value) < 255 ? value : undefined);
}

const icmpMessage = (name: string): string | undefined => (/^\d{1,3}(:\d{1,3})?$/.test(name) ? name : undefined);

export function policyTables(profile: Profile): readonly Schema[] {
  const inList = ruleFields(profile);
  const inPolicy: Fields = { ...inList, ruleList: reference(ruleListPath) };
  return [
    schema(ruleListPath, 'Firewall Rule List', {
      fields: { description: text() },
      rules: inList,
      check: ({ rules }) => rules.forEach(checkRule),
    }),
    schema(policyPath, 'Firewall Policy', {
      fields: { description: text() },
      rules: inPolicy,
      check: ({ rules }) => rules.forEach(checkRule),
    }),
    schema(globalRulesPath, 'Global Firewall Rules', {
      scope: 'singleton',
      fields: {
        description: text(),
        enforcedPolicy: reference(policyPath),
        stagedPolicy: reference(policyPath),
        servicePolicy: reference('/net/service-policy'),
      },
    }),
    ...(profile.fqdns
      ? [
          schema(fqdnPolicyPath, 'Global FQDN Policy', {
            scope: 'singleton',
            fields: {
              description: text(),
              dnsResolver: reference('/net/dns-resolver'),
              minRefreshInterval: number(1, 65_535),
              refreshInterval: number(1, 65_535),
            },
            defaults: { minRefreshInterval: 10, refreshInterval: 60 },
          }),
        ]
      : []),
  ];
}

function ruleFields(profile: Profile): Fields {
  const end: Fields = {
    ...addressFields(profile),
    addressLists: paths(addressList),
    ports: portNames,
    portLists: paths(portList),
    ...(profile.ipiCategory ? { ipiCategory: names((name) => name) } : {}),
    // Of the source only; of the destination an empty list is let through, as the vendor's own client sends one.
    vlans: paths('/net/vlan'),
    identity: struct({ userLists: paths(userList) }),
  };
  return {
    description: text(),
    action: option('accept', 'accept-decisively', 'drop', 'reject'),
    ipProtocol: text(64, protocolText),
    icmp: names(icmpMessage),
    irule: reference('/ltm/rule'),
    iruleSampleRate: number(0, 65_535),
    log: option('yes', 'no'),
    status: option('enabled', 'disabled', 'scheduled'),
    schedule: reference(schedulePath),
    servicePolicy: reference('/net/service-policy'),
    protocolInspectionProfile: reference('/security/protocol-inspection/profile'),
    source: struct(end),
    destination: struct(end),
  };
}

/** Defaults of a rule; one that names a rule list has none of these. */
export const ruleDefaults = { ipProtocol: 'any', iruleSampleRate: 1, log: 'no', status: 'enabled' } as const;

/** The wordings are guesses. */
function checkRule({ fields, name }: Entry): void {
  const { source, destination } = { source: objectAt(fields, 'source'), destination: objectAt(fields, 'destination') };
  if (fields['ruleList'] !== undefined) {
    const more = ['action', 'irule', 'icmp', 'servicePolicy', 'protocolInspectionProfile'].find(
      (field) => fields[field] !== undefined,
    );
    const narrowed = [source, destination].some((end) => Object.keys(end).some((key) => key !== 'identity'));
    if (more !== undefined || narrowed)
      throw misconfigured(`Rule (${name}) refers to a rule list and can have no more`);
    return;
  }
  if (fields['action'] === undefined) throw misconfigured(`Rule (${name}) has neither an action nor a rule list`);
  if (fields['status'] === 'scheduled' && fields['schedule'] === undefined) {
    throw misconfigured(`Rule (${name}) is scheduled and has no schedule`);
  }
  if (destination['vlans'] !== undefined) throw misconfigured(`Rule (${name}) has a VLAN in its destination`);
  const ported = [source, destination].some((end) => end['ports'] !== undefined || end['portLists'] !== undefined);
  const ipProtocol = textAt(fields, 'ipProtocol');
  if (ported && !['tcp', 'udp', 'sctp'].includes(ipProtocol)) {
    throw misconfigured(`Rule (${name}) has ports, which need the protocol tcp, udp or sctp`);
  }
  if (fields['icmp'] !== undefined && !['icmp', 'icmpv6'].includes(ipProtocol)) {
    throw misconfigured(`Rule (${name}) has ICMP messages, which need the protocol icmp or icmpv6`);
  }
}
