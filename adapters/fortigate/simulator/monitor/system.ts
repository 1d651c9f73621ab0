import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { bodyOf } from '../api/call.ts';
import { badRequest, notFound } from '../api/failure.ts';
import type { Endpoints, Observation } from './endpoint.ts';

const group = 'sysgrp.cfg';

export const systemEndpoints: Endpoints = {
  'GET system/status': {
    group: 'any',
    answer: () => ({
      model_name: 'FortiGate',
      model_number: 'VM64',
      model: 'FGVM64',
      hostname: 'simulator',
      log_disk_status: 'not_available',
    }),
  },
  'GET system/object/usage': { group: 'any', answer: usage },
  'GET system/ha-checksums': { group, answer: checksums },
  'GET system/vdom-resource': { group, answer: resources },
  'GET system/config-revision': { group, answer: ({ device }) => ({ current_config_unsaved: device.unsaved }) },
  'POST system/config-revision/save': {
    group,
    answer: ({ device }) => {
      device.save();
      return { status: 'success' };
    },
  },
  'GET system/fortimanager/status': {
    group,
    in: ({ from }) => !from('7.6.0'),
    answer: ({ device }) => manager(device.settings.managed, 'registration'),
  },
  'GET system/central-management/status': {
    group,
    in: ({ from }) => from('7.4.0'),
    answer: ({ device }) => manager(device.settings.managed, 'registration_status'),
  },
  'POST system/api-user/generate-key': {
    group: 'sysgrp.admin',
    answer: ({ device, call }) => {
      const name = bodyOf(call)['api-user'];
      const key = typeof name === 'string' ? device.access.regenerate(name) : undefined;
      if (key === undefined) throw notFound();
      return { api_key: key };
    },
  },
};

/** Whether a FortiManager has registered this device. */
function manager(managed: boolean, field: string): JsonObject {
  return { mode: 'normal', status: managed ? 'up' : 'down', [field]: managed ? 'registered' : 'unknown' };
}

/** Who refers to an object, `?q_path=firewall&q_name=address&mkey=x`. */
function usage({ device, call, vdom: { tables } }: Observation): JsonObject {
  const [path, name, mkey] = ['q_path', 'q_name', 'mkey'].map((field) => call.query.get(field) ?? '');
  const table = `${path ?? ''}/${name ?? ''}`;
  if (!device.settings.schemas.has(table) || mkey === undefined || mkey === '')
    throw badRequest('q_path, q_name, mkey');
  if (!tables.has(table, mkey)) throw notFound();
  const using = tables.referrers(table, mkey).map((referrer) => {
    const schema = device.settings.schemas.get(referrer.table);
    return { path: schema?.path ?? '', name: schema?.name ?? '', attribute: schema?.mkey ?? '', mkey: referrer.key };
  });
  return { currently_using: using, can_use: [] };
}

/** The units of a cluster; later versions name the primary in the old words, too. */
function checksums({ device }: Observation): Json {
  const { cluster, profile } = device.settings;
  const all = device.checksum();
  const checksum = { all, global: all, root: all };
  const unit = (serial_no: Json, isPrimary: boolean): JsonObject => {
    const old = { is_manage_master: Number(isPrimary), is_root_master: Number(isPrimary) };
    const words = { is_manage_primary: isPrimary, is_root_primary: isPrimary };
    return { ...(profile.from('7.0.0') && words), ...old, serial_no, checksum };
  };
  const own = unit(device.identity['serial'] ?? '', !device.secondary);
  return cluster ? [own, unit('FGVMSIM000000002', device.secondary)] : [own];
}

/** What is left of a VDOM's tables. */
function resources({ device, vdom: { tables } }: Observation): JsonObject {
  const names = {
    'firewall-address': 'firewall/address',
    'firewall-addrgrp': 'firewall/addrgrp',
    'firewall-policy': 'firewall/policy',
    'custom-service': 'firewall.service/custom',
    'service-group': 'firewall.service/group',
    'onetime-schedule': 'firewall.schedule/onetime',
    'recurring-schedule': 'firewall.schedule/recurring',
  };
  return Object.fromEntries(
    Object.entries(names).map(([name, table]) => {
      const limit = device.settings.schemas.get(table)?.limit ?? 0;
      const used = tables.rows(table).size;
      return [
        name,
        {
          id: name,
          custom_max: 0,
          min_custom_value: 0,
          max_custom_value: limit,
          guaranteed: 0,
          global_max: limit,
          current_usage: used,
          usage_percent: Math.floor((used * 100) / limit),
        },
      ];
    }),
  );
}
