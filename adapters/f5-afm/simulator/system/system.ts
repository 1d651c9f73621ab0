import { textAt } from '../../../../kit/simulator/tables/rows.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { bodyOf, read, wrote, type Call, type Reply } from '../api/call.ts';
import { badValue, misconfigured, notAllowed, unregistered } from '../api/failure.ts';
import type { Device } from '../device.ts';
import { compilerStats, ruleStats, syncStatus } from './stats.ts';

/** Everything below `/mgmt/tm` that is no object of the configuration; undefined: it may be one. */
export function answerSystem(device: Device, call: Call): Reply | undefined {
  const path = call.segments.slice(1).join('/');
  const answered = reads(device, path);
  if (answered !== undefined && call.method === 'GET') return read(answered);
  switch (path) {
    case 'sys':
      return command(call, { reboot: () => device.reboot() });
    case 'sys/config':
      return command(call, { save: () => device.save(), load: () => device.load() });
    case 'cm':
      return command(call, { run: () => configSync(device, call) });
    default:
      if (path.startsWith('task/')) throw unregistered(`/tm/${path}`);
      if (path.startsWith('auth/user/')) return read(user(device, call));
      return answered === undefined ? undefined : refuse(call.method);
  }
}

function refuse(method: string): never {
  throw notAllowed(method);
}

function reads(device: Device, path: string): JsonObject | undefined {
  const { version } = device.settings.profile;
  const link = (to: string): string => `https://localhost/mgmt/tm/${to}?ver=${version}`;
  switch (path) {
    case 'sys': {
      const items = ['config', 'db', 'folder', 'version'].map((name) => ({ reference: { link: link(`sys/${name}`) } }));
      return { kind: 'tm:sys:syscollectionstate', selfLink: link('sys'), items };
    }
    case 'sys/version': {
      const entries = {
        Build: { description: '0.0.5' },
        Product: { description: 'BIG-IP' },
        Version: { description: version },
      };
      return {
        kind: 'tm:sys:version:versionstats',
        selfLink: link(path),
        entries: { 'https://localhost/mgmt/tm/sys/version/0': { nestedStats: { entries } } },
      };
    }
    case 'sys/provision/afm':
      return provisioned(device, link(path));
    case 'cm/device':
      return { kind: 'tm:cm:device:devicecollectionstate', selfLink: link(path), items: devices(device) };
    case 'cm/sync-status':
      return syncStatus(device);
    case 'security/firewall/current-state/stats':
      return compilerStats(device);
    case 'security/firewall/rule-stat':
    case 'security/firewall/rule-stat/stats':
      return ruleStats(device);
    default:
      return undefined;
  }
}

/** Whether the firewall module is there at all; readable by everybody. */
function provisioned({ settings }: Device, selfLink: string): JsonObject {
  return {
    kind: 'tm:sys:provision:provisionstate',
    name: 'afm',
    fullPath: 'afm',
    generation: 1,
    selfLink,
    cpuRatio: 0,
    diskRatio: 0,
    level: settings.afm,
    memoryRatio: 0,
  };
}

function command(call: Call, commands: Readonly<Record<string, () => void>>): Reply {
  if (call.method !== 'POST') throw notAllowed(call.method);
  const { command: name, ...rest } = bodyOf(call);
  const action = typeof name === 'string' && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (typeof name !== 'string' || action === undefined) throw badValue('command', name);
  action();
  const kind = `${['tm', ...call.segments.slice(1)].join(':')}:${name}state`;
  // Saving is no change of the running configuration; whatever else is a command may be.
  return name === 'save' ? read({ kind, command: name, ...rest }) : wrote({ kind, command: name, ...rest });
}

/** `{"utilCmdArgs": "config-sync to-group G"}` */
function configSync(device: Device, call: Call): void {
  const utilCmdArgs = textAt(bodyOf(call), 'utilCmdArgs');
  const match = /^config-sync (?:to|from)-group (\S+)( force-full-load-push)?$/.exec(utilCmdArgs);
  if (match === null) throw badValue('utilCmdArgs', utilCmdArgs);
  const group = (match[1] ?? '').replace(/^\/Common\//, '');
  if (group !== device.settings.ha?.group) {
    throw misconfigured(`Device group (${match[1] ?? ''}) not found in device group sync`);
  }
  device.synced();
}

function devices(device: Device): readonly JsonObject[] {
  const { version } = device.settings.profile;
  const one = (name: string, active: boolean, self: boolean): JsonObject => ({
    kind: 'tm:cm:device:devicestate',
    name,
    partition: 'Common',
    fullPath: `/Common/${name}`,
    failoverState: active ? 'active' : 'standby',
    hostname: name,
    managementIp: self ? '192.0.2.245' : '192.0.2.246',
    selfDevice: self ? 'true' : 'false',
    version,
  });
  const own = one(device.hostname, !device.standby, true);
  return device.settings.ha === undefined ? [own] : [own, one(`peer-${device.hostname}`, device.standby, false)];
}

/** What a user may do, and where. */
function user(device: Device, call: Call): JsonObject {
  if (call.method !== 'GET') throw notAllowed(call.method);
  const wanted = call.segments[3];
  const found = device.settings.users.find(({ name }) => name === wanted);
  if (found === undefined) throw unregistered(`/tm/auth/user/${wanted ?? ''}`);
  const access: Json = [{ name: found.partition ?? 'all-partitions', role: found.role ?? 'admin' }];
  return { kind: 'tm:auth:user:userstate', name: found.name, fullPath: found.name, partitionAccess: access };
}
