import type { Profile } from '../profile.ts';
import { emptyValue, incomplete } from '../api/failure.ts';
import { color, disable, each, enable, free, growing, ipv4, names, number, option, rows } from './fields.ts';
import { text, upTo, uuid } from './fields.ts';
import { table, type CheckContext, type Row, type TableSchema } from './schema.ts';

export function systemTables(profile: Profile, vdoms: readonly string[]): readonly TableSchema[] {
  return [vdomTable(vdoms), externalResource(profile), interfaceTable, sdnConnector, objectTagging, ...profileNames];
}

/** Global on a real device; here every VDOM has all of them. */
function vdomTable(vdoms: readonly string[]): TableSchema {
  return table('system/vdom', {
    group: 'sysgrp.cfg',
    fixed: true,
    delivered: vdoms.map((name) => ({ name })),
    fields: { name: text(31), 'short-name': text(11), 'vcluster-id': number(0, 4_294_967_295, 0) },
  });
}

function externalResource(profile: Profile): TableSchema {
  return table('system/external-resource', {
    group: 'sysgrp.cfg',
    limit: 256,
    transactional: false,
    check: checkExternalResource,
    fields: {
      name: text(35),
      status: enable,
      type: growing(profile, 'category domain malware address', {
        '7.4.0': 'mac-address',
        '7.4.2': 'data',
        '7.6.1': 'generic-address',
      }),
      category: number(192, 221, 0),
      username: text(64),
      password: free(128),
      comments: text(255),
      resource: free(511),
      'refresh-rate': number(1, 43_200, 5),
      'source-ip': ipv4,
      ...upTo(profile, {
        '6.4.4': {
          'user-agent': free(255),
          'interface-select-method': option('auto sdwan specify'),
          interface: text(15),
        },
        '7.0.0': { uuid },
        '7.2.1': { 'update-method': option('feed push') },
        '7.2.4': { 'server-identity-check': option('none basic full') },
        '7.6.1': {
          namespace: text(15),
          'object-array-path': free(511, { default: '$.addresses' }),
          'address-name-field': free(511, { default: '$.name' }),
          'address-data-field': free(511, { default: '$.value' }),
          'address-comment-field': free(511, { default: '$.description' }),
          'client-cert-auth': disable,
          'client-cert': text(79),
          'vrf-select': number(0, 511, 0),
        },
        '7.6.4': { 'source-ip-interface': text(15) },
      }),
    },
  });
}

function checkExternalResource(row: Row, { given }: CheckContext): void {
  if (row['update-method'] !== 'push' && row['resource'] === '') {
    throw 'resource' in given ? emptyValue('resource') : incomplete('resource');
  }
  if (row['type'] === 'generic-address' && row['namespace'] === '') throw incomplete('namespace');
}

const interfaceTable = table('system/interface', {
  group: 'sysgrp.cfg',
  fixed: true,
  delivered: ['any', 'port1', 'port2', 'port3', 'port4', 'internal', 'wan1', 'wan2', 'loopback0'].map((name) => ({
    name,
  })),
  fields: { name: text(35), alias: text(25), status: option('up down') },
});

/** Connectors ask nobody here: only what a name of one needs. */
const sdnConnector = table('system/sdn-connector', {
  group: 'sysgrp.cfg',
  limit: 64,
  transactional: false,
  fields: {
    name: text(35),
    status: enable,
    type: option('aws azure gcp kubernetes vmware'),
    'update-interval': number(0, 3_600, 60),
    'server-list': rows('ip', { ip: text(15) }),
  },
});

const objectTagging = table('system/object-tagging', {
  mkey: 'category',
  group: 'sysgrp.cfg',
  limit: 64,
  fields: {
    category: text(63),
    ...each(option('optional disable mandatory'), 'address device interface'),
    multiple: enable,
    color,
    tags: names(79),
  },
});

/** Profiles that a policy may name; their content decides nothing here. */
const delivered = {
  'ips/sensor': 'default all_default all_default_pass high_security protect_client protect_server',
  'application/list': 'default block-high-risk wifi-default',
  'antivirus/profile': 'default wifi-default',
  'webfilter/profile': 'default monitor-all wifi-default',
  'dnsfilter/profile': 'default',
  'firewall/ssl-ssh-profile': 'no-inspection certificate-inspection deep-inspection custom-deep-inspection',
  'firewall/profile-protocol-options': 'default',
};

const profileNames: readonly TableSchema[] = [
  ...Object.entries(delivered).map(([id, names]) =>
    table(id, { group: 'utmgrp', delivered: names.split(' ').map((name) => ({ name })), fields: profileFields() }),
  ),
  table('firewall/profile-group', { group: 'fwgrp.others', fields: profileFields() }),
];

function profileFields() {
  return { name: text(47), comment: text(255) };
}
