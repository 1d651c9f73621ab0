import type { Profile } from '../profile.ts';
import { checkAddress, checkAddress6, checkGroup } from '../rules/address.ts';
import * as f from './fields.ts';
import { color, comment, disable, each, enable, entries, growing, names, number } from './fields.ts';
import { option, rows, tagging, text, upTo, uuid } from './fields.ts';
import { scalar } from '../../../../kit/simulator/tables/rows.ts';
import { table, type Row, type TableSchema } from './schema.ts';

/** Rows of the sample device, FortiOS 7.6.5; a member list holds 600. */
const limits = { address: 20_000, address6: 20_000, addrgrp: 2_500, addrgrp6: 8_192, members: 600 };

export function addressTables(profile: Profile): readonly TableSchema[] {
  return [address(profile), address6(profile), group(profile, 4), group(profile, 6), vip(profile)];
}

function address(profile: Profile): TableSchema {
  return table('firewall/address', {
    group: 'fwgrp.address',
    limit: limits.address,
    check: checkAddress,
    follows: sharedByTypes,
    delivered: [
      { name: 'all', subnet: '0.0.0.0 0.0.0.0' },
      { name: 'none', subnet: '0.0.0.0 255.255.255.255' },
    ],
    fields: {
      name: text(profile.nameSize),
      uuid,
      subnet: f.subnet,
      type: growing(profile, 'ipmask iprange fqdn geography wildcard dynamic interface-subnet mac', {
        '7.4.0': 'route-tag',
      }),
      'sub-type': growing(profile, 'sdn clearpass-spt fsso ems-tag', {
        '7.0.1': 'swc-tag',
        '7.0.4': 'fortivoice-tag fortinac-tag',
        '7.4.0': 'device-identification',
        '7.6.1': 'rsso external-resource',
        '7.6.3': 'obsolete',
      }),
      'clearpass-spt': option('unknown healthy quarantine checkup transient infected'),
      ...each(f.ipv4, 'start-ip end-ip'),
      fqdn: text(255),
      country: text(2),
      'wildcard-fqdn': text(255),
      'cache-ttl': number(0, 86_400, 0),
      wildcard: f.wildcard,
      ...each(f.entry(35, 'system/interface'), 'interface associated-interface'),
      ...connectorFields,
      comment,
      color,
      tagging,
      'allow-routing': disable,
      ...upTo(profile, {
        '6.4.4': { 'fabric-object': disable, 'obj-tag': text(255), 'obj-type': option('ip mac') },
        '7.0.0': { macaddr: macAddresses, 'node-ip-only': disable },
        '7.0.4': { 'tag-detection-level': text(15), 'tag-type': text(63) },
        '7.4.0': { 'route-tag': number(1, 4_294_967_295, 0), ...each(text(35), 'hw-vendor hw-model os sw-version') },
        '7.6.0': learning,
        '7.6.1': { 'sso-attribute-value': names(511) },
      }),
    },
  });
}

/** The value of an address is stored once and shown in the fields of other types, too. */
function sharedByTypes({ type, subnet, 'start-ip': first, 'end-ip': last }: Row): Row {
  const [network = '', mask = ''] = scalar(subnet).split(' ');
  if (type === 'ipmask') return { 'start-ip': network, 'end-ip': mask, wildcard: scalar(subnet) };
  return type === 'iprange' ? { subnet: `${scalar(first)} ${scalar(last)}` } : {};
}

/** Known of 7.6.5; the Ansible collection has it of no version. */
const learning = { 'passive-fqdn-learning': enable };
const macAddresses = rows('macaddr', { macaddr: text(127) });

/** What connectors fill in; free of meaning here. */
const connectorFields = {
  'fsso-group': names(511),
  ...each(text(15), 'sdn-tag policy-group'),
  ...each(text(35), 'sdn tenant organization'),
  ...each(text(255), 'epg-name subnet-name obj-id'),
  filter: f.free(2047),
  'sdn-addr-type': option('private public all'),
  list: rows('ip', { ip: text(35), 'obj-id': text(127) }, { readOnly: true }),
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
      type: growing(profile, 'ipprefix iprange fqdn geography dynamic template mac', {
        '7.4.0': 'route-tag',
        '7.6.4': 'wildcard',
      }),
      ip6: f.ipv6Prefix,
      ...each(f.ipv6, 'start-ip end-ip host'),
      fqdn: text(255),
      country: text(2),
      'cache-ttl': number(0, 86_400, 0),
      sdn: text(35),
      'obj-id': text(255),
      template: text(63),
      'subnet-segment': rows('name', { name: text(63), type: option('any specific'), value: text(35) }),
      'host-type': option('any specific'),
      list: rows('ip', { ip: text(89) }, { readOnly: true }),
      comment,
      color,
      tagging,
      ...upTo(profile, {
        '6.4.4': { 'fabric-object': disable },
        '7.0.0': { macaddr: macAddresses },
        '7.2.1': { tenant: text(35), 'epg-name': text(255), 'sdn-tag': text(15) },
        '7.4.0': { 'route-tag': number(1, 4_294_967_295, 0) },
        '7.6.0': learning,
        '7.6.1': { filter: f.free(2047), 'sdn-addr-type': option('private public all') },
        '7.6.4': { wildcard: text(127, { default: ':: ::' }) },
      }),
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
      member: members,
      comment,
      color,
      tagging,
      ...(family === 4 && { type: option('default folder'), 'allow-routing': disable }),
      ...(family === 4 && profile.from('7.0.0') && { category: option('default ztna-ems-tag ztna-geo-tag') }),
      ...((family === 4 || profile.from('7.4.0')) && { exclude: disable, 'exclude-member': members }),
      ...upTo(profile, { '6.4.4': { 'fabric-object': disable } }),
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
