import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { bodyOf } from '../call.ts';
import { badRequest, notFound } from '../failure.ts';
import type { Endpoints, Observation } from './monitor.ts';

const results = (value: Json): { readonly fields: JsonObject } => ({ fields: { results: value } });

export const systemEndpoints: Endpoints = {
  'GET system/status': {
    group: 'any',
    answer: () =>
      results({
        model_name: 'FortiGate',
        model_number: 'VM64',
        model: 'FGVM64',
        hostname: 'simulator',
        log_disk_status: 'not_available',
      }),
  },
  'GET system/object/usage': { group: 'any', answer: (seen) => results(usage(seen)) },
  'GET system/ha-checksums': {
    group: 'sysgrp.cfg',
    answer: ({ device }) => results(checksums(device.serial, device.checksum())),
  },
  'GET system/vdom-resource': { group: 'sysgrp.cfg', answer: (seen) => results(resources(seen)) },
  'GET system/config-revision': {
    group: 'sysgrp.cfg',
    answer: ({ device }) => results({ current_config_unsaved: device.unsaved }),
  },
  'POST system/config-revision/save': {
    group: 'sysgrp.cfg',
    answer: ({ device }) => {
      device.save();
      return results({ status: 'success' });
    },
  },
  'GET system/fortimanager/status': {
    group: 'sysgrp.cfg',
    answer: ({ device }) =>
      results(
        device.settings.managed
          ? { mode: 'normal', status: 'up', registration: 'registered' }
          : { mode: 'normal', status: 'down', registration: 'unknown' },
      ),
  },
  'POST system/api-user/generate-key': {
    group: 'sysgrp.admin',
    answer: ({ device, call }) => {
      const name = bodyOf(call)['api-user'];
      const key = typeof name === 'string' ? device.access.regenerate(name) : undefined;
      if (key === undefined) throw notFound();
      return results({ api_key: key });
    },
  },
};

/** Who refers to an object, `?q_path=firewall&q_name=address&mkey=x`. */
function usage({ device, call, store }: Observation): JsonObject {
  const [path, name, mkey] = ['q_path', 'q_name', 'mkey'].map((field) => call.query.get(field) ?? '');
  const table = `${path ?? ''}/${name ?? ''}`;
  if (!device.settings.schemas.has(table) || mkey === undefined || mkey === '')
    throw badRequest('q_path, q_name, mkey');
  if (!store.has(table, mkey)) throw notFound();
  const using = store.referrers(table, mkey).map((referrer) => {
    const schema = device.settings.schemas.get(referrer.table);
    return { path: schema?.path ?? '', name: schema?.name ?? '', attribute: schema?.mkey ?? '', mkey: referrer.key };
  });
  return { currently_using: using, can_use: [] };
}

function checksums(serial: string, all: string): Json {
  const checksum = { all, global: all, root: all };
  return [{ serial_no: serial, is_manage_primary: 1, is_root_primary: 1, checksum }];
}

/** What is left of a VDOM's tables. */
function resources({ device, store }: Observation): JsonObject {
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
      const used = store.rows(table).size;
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
