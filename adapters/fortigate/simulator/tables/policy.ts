import type { Field, Fields } from '../../../../kit/simulator/tables/fields.ts';
import type { Profile } from '../profile.ts';
import { checkPolicy } from '../rules/policy.ts';
import { expiryClock, inBothClocks } from '../rules/schedule.ts';
import { disable, each, enable, entries, entry, free, growing, names, number, option } from './fields.ts';
import { rows, shownAs, subnet, text, upTo, uuid } from './fields.ts';
import { schedules } from './schedule.ts';
import { table, type TableSchema } from './schema.ts';

const feed = 'system/external-resource';
const services = ['firewall.service/custom', 'firewall.service/group'];
const named = names(79);
const numbered = rows('id', { id: number(0, 4_294_967_295, 0) });

/** One table carries IPv4 and IPv6 since 6.4. Fields, sizes and limits: FortiOS 7.6.5. */
export function policyTable(profile: Profile): TableSchema {
  return table('firewall/policy', {
    mkey: 'policyid',
    group: 'fwgrp.policy',
    limit: 10_000,
    ordered: true,
    check: checkPolicy,
    follows: inBothClocks([['policy-expiry-date', 'policy-expiry-date-utc']], expiryClock),
    fields: {
      policyid: number(0, 4_294_967_294, 0),
      status: enable,
      name: text(35),
      uuid,
      ...each(entries(79, ['system/interface']), 'srcintf dstintf'),
      action: option('deny accept ipsec'),
      ...endpoints(profile.nameSize),
      schedule: entry(35, ...schedules),
      service: entries(profile.nameSize, services),
      logtraffic: option('utm all disable'),
      comments: text(1023),
      ...matching,
      ...authentication,
      ...translation,
      ...inspection,
      'http-policy-redirect': growing(profile, 'disable enable', { '7.6.3': 'legacy' }),
      ...handling,
      ...upTo(profile, later),
      ...(profile.from('7.4.2') && !profile.from('7.4.3') ? {} : acceleration),
      ...(profile.from('7.0.13') ? {} : { 'dlp-sensor': text(35) }),
      ...(profile.from('7.6.1') ? {} : { 'cifs-profile': text(35) }),
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
  };
}

/** What a packet is compared with beside addresses, services and schedule. */
const matching: Fields = {
  ...each(disable, 'srcaddr-negate dstaddr-negate service-negate'),
  ...each(disable, 'internet-service internet-service-negate internet-service-src internet-service-src-negate'),
  ...each(named, 'internet-service-name internet-service-group internet-service-custom internet-service-custom-group'),
  ...each(named, 'internet-service-src-name internet-service-src-group internet-service-src-custom'),
  ...each(named, 'internet-service-src-custom-group rtp-addr'),
  'reputation-minimum': number(0, 4_294_967_295, 0),
  'reputation-direction': option('destination source'),
  'src-vendor-mac': numbered,
  ...each(shownAs('0x00', 4), 'tos tos-mask'),
  ...each(disable, 'tos-negate geoip-anycast match-vip-only rtp-nat'),
  'geoip-match': option('physical-location registered-location'),
  'match-vip': enable,
  'vlan-filter': free(255),
};

const authentication: Fields = {
  ...each(named, 'groups users'),
  'fsso-groups': names(511),
  ...each(disable, 'ntlm ntlm-guest auth-path disclaimer email-collect captive-portal-exempt radius-mac-auth-bypass'),
  'ntlm-enabled-browsers': rows('user-agent-string', { 'user-agent-string': text(79) }),
  ...each(text(35), 'fsso-agent-for-ntlm auth-cert identity-based-route'),
  'auth-redirect-addr': text(63),
  'redirect-url': free(1023),
};

const translation: Fields = {
  ...each(disable, 'nat ippool fixedport permit-any-host permit-stun-host inbound natinbound natoutbound'),
  outbound: enable,
  ...each(named, 'poolname poolname6'),
  natip: subnet,
  vpntunnel: text(35),
};

const profileTables = {
  'profile-group': 'firewall/profile-group',
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
  'profile-protocol-options': { ...entry(47, 'firewall/profile-protocol-options'), default: 'default' },
  ...Object.fromEntries(Object.entries(profileTables).map(([name, to]) => [name, entry(47, to)])),
  ...each(text(47), 'emailfilter-profile file-filter-profile voip-profile icap-profile waf-profile ssh-filter-profile'),
  'ssh-policy-redirect': disable,
  ...each(text(63), 'webproxy-profile webproxy-forward-server'),
};

/** What becomes of a packet that was let through. */
const handling: Fields = {
  ...each(enable, 'auto-asic-offload anti-replay'),
  ...each(disable, 'send-deny-packet schedule-timeout timeout-send-rst logtraffic-start block-notification dsri wccp'),
  ...each(disable, 'diffserv-forward diffserv-reverse delay-tcp-npu-session'),
  ...each(shownAs('000000', 6), 'diffservcode-forward diffservcode-rev'),
  'session-ttl': shownAs('0', 7),
  ...each(number(0, 7, 255), 'vlan-cos-fwd vlan-cos-rev'),
  'tcp-session-without-syn': option('disable all data-only'),
  ...each(number(0, 65_535, 0), 'tcp-mss-sender tcp-mss-receiver'),
  'firewall-session-dirty': option('check-all check-new'),
  ...each(text(35), 'traffic-shaper traffic-shaper-reverse per-ip-shaper replacemsg-override-group'),
  'decrypted-traffic-mirror': text(35),
  'custom-log-fields': rows('field-id', { 'field-id': text(35) }),
};

const acceleration: Fields = {
  ...each(disable, 'capture-packet wanopt webcache webcache-https'),
  'wanopt-detection': option('active passive off'),
  'wanopt-passive-opt': option('default transparent non-transparent'),
  ...each(text(35), 'wanopt-profile wanopt-peer'),
};

/** What came after 6.4.0, by fortinet.fortios 2.4.2. */
const later: Readonly<Record<string, Fields>> = {
  '7.0.0': {
    ...each(disable, 'ztna-status dynamic-shaping passive-wan-health-measurement'),
    ...each(named, 'ztna-ems-tag ztna-geo-tag'),
    'videofilter-profile': text(47),
  },
  '7.0.1': { ...each(disable, 'nat64 nat46 sgt-check'), sgt: numbered, 'sctp-filter-profile': text(47) },
  '7.0.2': { fec: disable },
  '7.2.0': {
    'policy-expiry': disable,
    'policy-expiry-date': free(19, { default: '0000-00-00 00:00:00' }),
    'dlp-profile': text(47),
  },
  '7.2.1': {
    ...each(disable, 'srcaddr6-negate dstaddr6-negate diffserv-copy internet-service6 internet-service6-src'),
    ...each(disable, 'internet-service6-negate internet-service6-src-negate'),
    ...each(named, 'internet-service6-name internet-service6-group internet-service6-custom'),
    ...each(named, 'internet-service6-custom-group internet-service6-src-name internet-service6-src-group'),
    ...each(named, 'internet-service6-src-custom internet-service6-src-custom-group'),
    ...each(named, 'network-service-dynamic network-service-src-dynamic'),
    'reputation-minimum6': number(0, 4_294_967_295, 0),
    'reputation-direction6': option('destination source'),
  },
  '7.2.4': {
    'policy-expiry-date-utc': free(19),
    ...each(disable, 'ztna-device-ownership ztna-policy-redirect'),
    'ztna-tags-match-logic': option('or and'),
  },
  '7.4.0': {
    ...each(named, 'ztna-ems-tag-secondary pcp-poolname'),
    ...each(disable, 'pcp-outbound pcp-inbound'),
    'ips-voip-filter': text(47),
  },
  '7.4.1': each(text(47), 'virtual-patch-profile casb-profile'),
  '7.4.2': { 'diameter-filter-profile': text(47) },
  '7.4.4': { 'port-preserve': enable },
  '7.6.0': each(disable, 'log-http-transaction radius-ip-auth-bypass'),
  '7.6.1': each(disable, 'app-monitor port-random ztna-ems-tag-negate'),
  '7.6.4': {
    ...each(named, 'internet-service-fortiguard internet-service-src-fortiguard internet-service6-fortiguard'),
    ...each(named, 'internet-service6-src-fortiguard'),
  },
};
