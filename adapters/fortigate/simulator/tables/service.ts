import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Profile } from '../profile.ts';
import { checkService, checkServiceGroup } from '../rules/service.ts';
import { color, comment, disable, each, enable, entries, free, number, option, ports, text, uuid } from './fields.ts';
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

const protocols = 'TCP/UDP/SCTP TCP/UDP/UDP-Lite/SCTP ICMP ICMP6 IP HTTP FTP CONNECT SOCKS-TCP SOCKS-UDP ALL';

function custom(profile: Profile): TableSchema {
  return table('firewall.service/custom', {
    group: 'fwgrp.service',
    limit: 4_096,
    check: checkService,
    delivered: deliveredServices,
    fields: {
      name: text(profile.nameSize),
      uuid,
      proxy: disable,
      category: text(63),
      protocol: option(protocols),
      helper: option('auto disable ftp tftp sip rtsp pptp dns-udp dns-tcp'),
      iprange: text(63, { default: '0.0.0.0' }),
      fqdn: text(255),
      'protocol-number': number(0, 254, 0),
      ...each(text(10), 'icmptype', 'icmpcode'),
      ...each(ports, 'tcp-portrange', 'udp-portrange', 'sctp-portrange'),
      ...each(number(0, 86_400, 0), 'tcp-halfclose-timer', 'tcp-halfopen-timer', 'udp-idle-timer'),
      'tcp-timewait-timer': number(0, 300, 0),
      'session-ttl': free(7, { default: '0' }),
      'check-reset-range': option('default disable strict'),
      comment,
      color,
      'app-service-type': option('disable app-id app-category'),
      'fabric-object': disable,
      ...(profile.refusedStatus === 424 ? { visibility: enable } : {}),
    },
  });
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
      uuid,
      proxy: disable,
      member: entries(profile.nameSize, ['firewall.service/custom', 'firewall.service/group'], { limit: 300 }),
      comment,
      color,
      'fabric-object': disable,
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
