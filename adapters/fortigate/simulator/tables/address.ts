import type { Profile } from '../profile.ts';
import { checkAddress, checkAddress6, checkGroup } from '../rules/address.ts';
import * as f from './fields.ts';
import { color, comment, disable, each, enable, entries, number, option, rows, tagging, text, uuid } from './fields.ts';
import { table, type TableSchema } from './schema.ts';

/** Rows of the sample device, FortiOS 7.6.5; a member list holds 600. */
const limits = { address: 20_000, address6: 20_000, addrgrp: 2_500, addrgrp6: 8_192, members: 600 };

const addressTypes = 'ipmask iprange fqdn geography wildcard dynamic interface-subnet mac route-tag';
const subTypes = 'sdn clearpass-spt fsso rsso ems-tag fortivoice-tag fortinac-tag swc-tag device-identification';

export function addressTables(profile: Profile): readonly TableSchema[] {
  return [address(profile), address6(profile), group(profile, 4), group(profile, 6), vip(profile)];
}

function address(profile: Profile): TableSchema {
  return table('firewall/address', {
    group: 'fwgrp.address',
    limit: limits.address,
    check: checkAddress,
    delivered: [
      { name: 'all', subnet: '0.0.0.0 0.0.0.0' },
      { name: 'none', subnet: '0.0.0.0 255.255.255.255' },
    ],
    fields: {
      name: text(profile.nameSize),
      uuid,
      subnet: f.subnet,
      // `wildcard-fqdn` went with 6.2.2; a wildcard is an fqdn since.
      type: option(profile.refusedStatus === 424 ? `${addressTypes} wildcard-fqdn` : addressTypes),
      'route-tag': number(0, 4_294_967_295, 0),
      'sub-type': option(`${subTypes}${profile.genericAddress ? ' external-resource' : ''} obsolete`),
      'clearpass-spt': option('unknown healthy quarantine checkup transient infected'),
      macaddr: rows('macaddr', { macaddr: text(127) }),
      ...each(f.ipv4, 'start-ip', 'end-ip'),
      fqdn: text(255),
      country: text(2),
      'wildcard-fqdn': text(255),
      'cache-ttl': number(0, 86_400, 0),
      wildcard: f.wildcard,
      sdn: text(35),
      ...each(f.entry(35, 'system/interface'), 'interface', 'associated-interface'),
      ...connectorFields,
      ...commonFields,
      ...(profile.refusedStatus === 424 ? { visibility: enable } : {}),
    },
  });
}

/** What connectors fill in; free of meaning here. */
const connectorFields = {
  'fsso-group': rows('name', { name: text(511) }),
  ...each(text(15), 'sdn-tag', 'policy-group', 'tag-detection-level'),
  ...each(text(35), 'tenant', 'organization'),
  ...each(text(255), 'epg-name', 'subnet-name', 'obj-tag', 'obj-id'),
  'tag-type': text(63),
  'obj-type': option('ip mac'),
  filter: f.free(2047),
  'sdn-addr-type': option('private public all'),
  'node-ip-only': disable,
  list: rows('ip', { ip: text(35), 'obj-id': text(127) }, { readOnly: true }),
};

const commonFields = {
  comment,
  color,
  tagging,
  'allow-routing': disable,
  'fabric-object': disable,
  'passive-fqdn-learning': enable,
};

function address6(profile: Profile): TableSchema {
  return table('firewall/address6', {
    group: 'fwgrp.address',
    limit: limits.address6,
    check: checkAddress6,
    delivered: [
      { name: 'all', ip6: '::/0' },
      { name: 'none', ip6: '::/128' },
    ],
    fields: {
      name: text(profile.nameSize),
      uuid,
      type: option('ipprefix iprange fqdn geography dynamic template mac route-tag wildcard'),
      ip6: f.ipv6Prefix,
      ...each(f.ipv6, 'start-ip', 'end-ip'),
      wildcard: text(127, { default: ':: ::' }),
      fqdn: text(255),
      country: text(2),
      'cache-ttl': number(0, 86_400, 0),
      sdn: text(35),
      'obj-id': text(255),
      comment,
      color,
      tagging,
      'fabric-object': disable,
      ...(profile.refusedStatus === 424 ? { visibility: enable } : {}),
    },
  });
}

function group(profile: Profile, family: 4 | 6): TableSchema {
  const suffix = family === 4 ? '' : '6';
  const members = entries(profile.nameSize, [`firewall/address${suffix}`, `firewall/addrgrp${suffix}`], {
    limit: limits.members,
  });
  return table(`firewall/addrgrp${suffix}`, {
    group: 'fwgrp.address',
    limit: family === 4 ? limits.addrgrp : limits.addrgrp6,
    check: (row, context) => checkGroup(row, context, family),
    fields: {
      name: text(profile.nameSize),
      uuid,
      ...(family === 4
        ? { type: option('default folder'), category: option('default ztna-ems-tag ztna-geo-tag') }
        : {}),
      member: members,
      ...(family === 4 || profile.emptyGroups ? { exclude: disable, 'exclude-member': members } : {}),
      comment,
      color,
      tagging,
      ...(family === 4 ? { 'allow-routing': disable } : {}),
      'fabric-object': disable,
      ...(profile.refusedStatus === 424 ? { visibility: enable } : {}),
    },
  });
}

function vip(profile: Profile): TableSchema {
  return table('firewall/vip', {
    group: 'fwgrp.address',
    limit: 4_096,
    fields: { name: text(profile.nameSize), uuid, comment, extip: text(63) },
  });
}
