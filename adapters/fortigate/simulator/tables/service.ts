import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Profile } from '../profile.ts';
import { checkService, checkServiceGroup } from '../rules/service.ts';
import { color, comment, disable, each, enable, entries, number, option, ports } from './fields.ts';
import { rows, shownAs, text, upTo, uuid } from './fields.ts';
import { table, type TableSchema } from './schema.ts';

export function serviceTables(profile: Profile): readonly TableSchema[] {
  return [custom(profile), group(profile), ...wildcardNames(profile)];
}

const tcp = (name: string, ports: string): JsonObject => ({ name, 'tcp-portrange': ports });
const udp = (name: string, ports: string): JsonObject => ({ name, 'udp-portrange': ports });

const deliveredServices: readonly JsonObject[] = [
  { name: 'ALL', protocol: 'IP', 'protocol-number': 0 },
  tcp('ALL_TCP', '1-65535'),
  udp('ALL_UDP', '1-65535'),
  { name: 'ALL_ICMP', protocol: 'ICMP' },
  { name: 'ALL_ICMP6', protocol: 'ICMP6' },
  { name: 'PING', protocol: 'ICMP', icmptype: '8' },
  { name: 'DNS', 'tcp-portrange': '53', 'udp-portrange': '53' },
  tcp('FTP', '21'),
  tcp('HTTP', '80'),
  tcp('HTTPS', '443'),
  tcp('IMAP', '143'),
  tcp('IMAPS', '993'),
  { name: 'KERBEROS', 'tcp-portrange': '88 464', 'udp-portrange': '88 464' },
  tcp('LDAP', '389'),
  tcp('MYSQL', '3306'),
  { name: 'NTP', 'tcp-portrange': '123', 'udp-portrange': '123' },
  tcp('POP3', '110'),
  tcp('RDP', '3389'),
  tcp('SMTP', '25'),
  tcp('SMTPS', '465'),
  { name: 'SNMP', 'tcp-portrange': '161-162', 'udp-portrange': '161-162' },
  tcp('SSH', '22'),
  udp('SYSLOG', '514'),
  tcp('TELNET', '23'),
  { name: 'NONE', 'tcp-portrange': '0' },
];

const helpers = 'auto disable ftp tftp ras h323 tns mms sip pptp rtsp dns-udp dns-tcp pmap rsh dcerpc mgcp';
const numbered = rows('id', { id: number(0, 4_294_967_295, 0) });

function custom(profile: Profile): TableSchema {
  const ofPorts = profile.from('7.6.0') ? 'TCP/UDP/UDP-Lite/SCTP' : 'TCP/UDP/SCTP';
  return table('firewall.service/custom', {
    group: 'fwgrp.service',
    limit: 4_096,
    check: checkService,
    delivered: deliveredServices,
    follows: (row) => (row['protocol'] === ofPorts ? { 'protocol-number': numberOf(row) } : {}),
    fields: {
      name: text(profile.nameSize),
      proxy: disable,
      category: text(63),
      protocol: option(`${ofPorts} ICMP ICMP6 IP HTTP FTP CONNECT SOCKS-TCP SOCKS-UDP ALL`),
      helper: option(helpers),
      iprange: shownAs('0.0.0.0', 63),
      fqdn: text(255),
      'protocol-number': number(0, 254, 0),
      ...each(text(10), 'icmptype icmpcode'),
      ...each(ports, 'tcp-portrange udp-portrange sctp-portrange'),
      ...each(number(0, 86_400, 0), 'tcp-halfclose-timer tcp-halfopen-timer udp-idle-timer'),
      'tcp-timewait-timer': number(0, 300, 0),
      'session-ttl': shownAs('0', 7),
      'check-reset-range': option('default disable strict'),
      comment,
      color,
      'app-service-type': option('disable app-id app-category'),
      ...each(numbered, 'app-category application'),
      ...upTo(profile, {
        '6.4.4': { 'fabric-object': disable },
        '7.0.0': { 'tcp-rst-timer': number(5, 300, 0) },
        '7.4.2': { uuid },
        '7.6.0': { 'udplite-portrange': ports },
      }),
      ...(profile.from('7.2.3') ? {} : { visibility: enable }),
    },
  });
}

/** The protocol of a service of ports, as devices show it by default. */
function numberOf(row: JsonObject): number {
  if (row['tcp-portrange'] !== '') return 6;
  return row['udp-portrange'] !== '' ? 17 : 132;
}

function group(profile: Profile): TableSchema {
  return table('firewall.service/group', {
    group: 'fwgrp.service',
    limit: 2_500,
    check: checkServiceGroup,
    delivered: [
      { name: 'Web Access', member: [{ name: 'DNS' }, { name: 'HTTP' }, { name: 'HTTPS' }] },
      { name: 'Email Access', member: [{ name: 'DNS' }, { name: 'IMAP' }, { name: 'SMTP' }] },
    ],
    fields: {
      name: text(profile.nameSize),
      proxy: disable,
      member: entries(profile.nameSize, ['firewall.service/custom', 'firewall.service/group'], { limit: 300 }),
      comment,
      color,
      ...upTo(profile, { '6.4.4': { 'fabric-object': disable }, '7.4.2': { uuid } }),
    },
  });
}

function wildcardNames(profile: Profile): readonly TableSchema[] {
  const common = { name: text(profile.nameSize), uuid, color, comment };
  return [
    table('firewall.wildcard-fqdn/custom', {
      group: 'fwgrp.address',
      limit: 1_024,
      fields: { ...common, 'wildcard-fqdn': text(255) },
    }),
    table('firewall.wildcard-fqdn/group', {
      group: 'fwgrp.address',
      limit: 256,
      fields: { ...common, member: entries(profile.nameSize, ['firewall.wildcard-fqdn/custom']) },
    }),
  ];
}
