import type { Profile } from '../profile.ts';
import { checkExternalResource } from '../rules/external-resource.ts';
import { enable, free, number, option, rows, text, uuid } from './fields.ts';
import { table, type TableSchema } from './schema.ts';

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

const feedTypes = 'category domain malware address mac-address';

function externalResource(profile: Profile): TableSchema {
  return table('system/external-resource', {
    group: 'sysgrp.cfg',
    limit: 256,
    transactional: false,
    check: checkExternalResource,
    fields: {
      name: text(35),
      uuid,
      status: enable,
      type: option(profile.genericAddress ? `${feedTypes} data generic-address` : feedTypes),
      ...(profile.genericAddress
        ? {
            namespace: text(15),
            'object-array-path': free(511, { default: '$.addresses' }),
            'address-name-field': free(511, { default: '$.name' }),
            'address-data-field': free(511, { default: '$.value' }),
            'address-comment-field': free(511, { default: '$.description' }),
          }
        : {}),
      ...(profile.pushFeed ? { 'update-method': option('feed push') } : {}),
      category: number(0, 255, 0),
      username: text(64),
      password: free(128),
      comments: text(255),
      resource: free(511),
      'user-agent': free(255),
      'server-identity-check': option('none basic full'),
      'refresh-rate': number(1, 43_200, 5),
      'source-ip': text(63),
      'interface-select-method': option('auto sdwan specify'),
      interface: text(15),
    },
  });
}

const interfaceTable = table('system/interface', {
  group: 'sysgrp.cfg',
  fixed: true,
  delivered: ['any', 'port1', 'port2', 'port3', 'port4', 'internal', 'wan1', 'wan2', 'loopback0'].map((name) => ({
    name,
  })),
  fields: { name: text(35), alias: text(25), status: option('up down') },
});

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
    address: option('optional disable mandatory'),
    tags: rows('name', { name: text(79) }),
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
