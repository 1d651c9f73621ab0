import type { Field, Fields } from '../../../../kit/simulator/tables/fields.ts';
import type { Profile } from '../profile.ts';
import { checkPolicy } from '../rules/policy.ts';
import { disable, each, enable, entries, entry, free, number, option, rows, text, uuid } from './fields.ts';
import { schedules } from './schedule.ts';
import { table, type TableSchema } from './schema.ts';

const feed = 'system/external-resource';
const interfaces = ['system/interface'];
const services = ['firewall.service/custom', 'firewall.service/group'];
const named = rows('name', { name: text(79) });

/** One table carries IPv4 and IPv6 since 6.4. Sizes and limits: FortiOS 7.6.5. */
export function policyTable(profile: Profile): TableSchema {
  const size = profile.nameSize;
  return table('firewall/policy', {
    mkey: 'policyid',
    group: 'fwgrp.policy',
    limit: 10_000,
    ordered: true,
    check: checkPolicy,
    fields: {
      policyid: number(0, 4_294_967_294, 0),
      status: enable,
      name: text(35),
      uuid,
      ...each(entries(35, interfaces), 'srcintf', 'dstintf'),
      action: option('deny accept ipsec'),
      ...endpoints(size),
      ...each(disable, 'internet-service', 'internet-service-src', 'internet-service-negate'),
      ...each(named, 'internet-service-name', 'internet-service-group', 'internet-service-custom'),
      'internet-service-src-name': named,
      schedule: entry(35, ...schedules),
      service: entries(size, services),
      'service-negate': disable,
      logtraffic: option('utm all disable'),
      'logtraffic-start': disable,
      ...translation,
      ...inspection,
      ...handling,
      ...(profile.policyExpiry
        ? { 'policy-expiry': disable, 'policy-expiry-date': free(19, { default: '0000-00-00 00:00:00' }) }
        : {}),
      ...each(named, 'groups', 'users'),
      'fsso-groups': rows('name', { name: text(511) }),
      comments: text(1023),
      ...each(text(63), 'label', 'global-label'),
    },
  });
}

function endpoints(size: number): Fields {
  const source = (family: '' | '6'): Field =>
    entries(size, [`firewall/address${family}`, `firewall/addrgrp${family}`, feed]);
  return {
    srcaddr: source(''),
    dstaddr: entries(size, ['firewall/address', 'firewall/addrgrp', 'firewall/vip', feed]),
    srcaddr6: source('6'),
    dstaddr6: source('6'),
    ...each(disable, 'srcaddr-negate', 'dstaddr-negate', 'srcaddr6-negate', 'dstaddr6-negate'),
  };
}

const translation: Fields = {
  ...each(disable, 'nat', 'nat46', 'nat64', 'ippool', 'fixedport', 'permit-any-host', 'match-vip-only'),
  ...each(named, 'poolname', 'poolname6'),
  'match-vip': enable,
};

const profileTables = {
  'profile-group': 'firewall/profile-group',
  'profile-protocol-options': 'firewall/profile-protocol-options',
  'av-profile': 'antivirus/profile',
  'webfilter-profile': 'webfilter/profile',
  'dnsfilter-profile': 'dnsfilter/profile',
  'ips-sensor': 'ips/sensor',
  'application-list': 'application/list',
};

const inspection: Fields = {
  'utm-status': disable,
  'inspection-mode': option('flow proxy'),
  'profile-type': option('single group'),
  'ssl-ssh-profile': { ...entry(47, 'firewall/ssl-ssh-profile'), default: 'no-inspection' },
  ...Object.fromEntries(Object.entries(profileTables).map(([name, to]) => [name, entry(47, to)])),
};

const handling: Fields = {
  ...each(enable, 'auto-asic-offload', 'anti-replay'),
  ...each(disable, 'capture-packet', 'send-deny-packet', 'schedule-timeout', 'timeout-send-rst'),
  ...each(disable, 'block-notification', 'geoip-anycast', 'ztna-status', 'dsri'),
  'session-ttl': text(7, { default: '0' }),
  'tcp-session-without-syn': option('disable all data-only'),
  ...each(number(0, 65_535, 0), 'tcp-mss-sender', 'tcp-mss-receiver'),
  'firewall-session-dirty': option('check-all check-new'),
  ...each(text(35), 'traffic-shaper', 'traffic-shaper-reverse', 'per-ip-shaper'),
  'geoip-match': option('physical-location registered-location'),
};
