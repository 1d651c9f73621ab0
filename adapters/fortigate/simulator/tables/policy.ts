import type { Profile } from '../profile.ts';
import { checkPolicy } from '../rules/policy.ts';
import {
  disable,
  enable,
  entries,
  entry,
  free,
  number,
  option,
  rows,
  table,
  text,
  uuid,
  type Field,
  type Fields,
  type TableSchema,
} from '../schema.ts';

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
      srcintf: entries(35, interfaces),
      dstintf: entries(35, interfaces),
      action: option('deny', 'accept', 'ipsec'),
      ...endpoints(size),
      'internet-service': disable,
      'internet-service-name': named,
      'internet-service-group': named,
      'internet-service-custom': named,
      'internet-service-src': disable,
      'internet-service-src-name': named,
      'internet-service-negate': disable,
      schedule: entry(35, 'firewall.schedule/recurring', 'firewall.schedule/onetime'),
      service: entries(size, services),
      'service-negate': disable,
      logtraffic: option('utm', 'all', 'disable'),
      'logtraffic-start': disable,
      ...translation,
      ...inspection,
      ...handling,
      ...(profile.policyExpiry
        ? { 'policy-expiry': disable, 'policy-expiry-date': free(19, { default: '0000-00-00 00:00:00' }) }
        : {}),
      groups: named,
      users: named,
      'fsso-groups': rows('name', { name: text(511) }),
      comments: text(1023),
      label: text(63),
      'global-label': text(63),
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
    'srcaddr-negate': disable,
    'dstaddr-negate': disable,
    'srcaddr6-negate': disable,
    'dstaddr6-negate': disable,
  };
}

const translation: Fields = {
  nat: disable,
  nat46: disable,
  nat64: disable,
  ippool: disable,
  poolname: named,
  poolname6: named,
  fixedport: disable,
  'permit-any-host': disable,
  'match-vip': enable,
  'match-vip-only': disable,
};

const inspection: Fields = {
  'utm-status': disable,
  'inspection-mode': option('flow', 'proxy'),
  'profile-type': option('single', 'group'),
  'profile-group': entry(47, 'firewall/profile-group'),
  'profile-protocol-options': entry(47, 'firewall/profile-protocol-options'),
  'ssl-ssh-profile': { ...entry(47, 'firewall/ssl-ssh-profile'), default: 'no-inspection' },
  'av-profile': entry(47, 'antivirus/profile'),
  'webfilter-profile': entry(47, 'webfilter/profile'),
  'dnsfilter-profile': entry(47, 'dnsfilter/profile'),
  'ips-sensor': entry(47, 'ips/sensor'),
  'application-list': entry(47, 'application/list'),
};

const handling: Fields = {
  'auto-asic-offload': enable,
  'anti-replay': enable,
  'capture-packet': disable,
  'send-deny-packet': disable,
  'session-ttl': text(7, { default: '0' }),
  'schedule-timeout': disable,
  'timeout-send-rst': disable,
  'tcp-session-without-syn': option('disable', 'all', 'data-only'),
  'tcp-mss-sender': number(0, 65_535, 0),
  'tcp-mss-receiver': number(0, 65_535, 0),
  'firewall-session-dirty': option('check-all', 'check-new'),
  'traffic-shaper': text(35),
  'traffic-shaper-reverse': text(35),
  'per-ip-shaper': text(35),
  'block-notification': disable,
  'geoip-match': option('physical-location', 'registered-location'),
  'geoip-anycast': disable,
  'ztna-status': disable,
  dsri: disable,
};
