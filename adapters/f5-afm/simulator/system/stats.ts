import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Device } from '../device.ts';

const host = 'https://localhost/mgmt/tm';

/** Whether what was written is in force: `quiescent`, and when it came into force. What it says in the meantime is a guess. */
export function compilerStats(device: Device): JsonObject {
  const { compiler } = device;
  return stats(device, 'security/firewall/current-state', 'current-state', {
    [`${host}/security/firewall/current-state/0/stats`]: {
      nestedStats: {
        entries: {
          pccdStatus: { description: compiler.isCompiling(device.settings.now()) ? 'compiling' : 'quiescent' },
          ruleDeployEndTimeFmt: { description: deviceTime(compiler.deployedAt) },
        },
      },
    },
  });
}

/** How often each rule matched, in each context that its policy is bound to. Field names beside the first two: guesses. */
export function ruleStats(device: Device): JsonObject {
  const entries = device.counters.list().map(
    ({ subject: { context, policy, ruleList, rule }, hits }, index) =>
      [
        `${host}/security/firewall/rule-stat/${index}`,
        {
          nestedStats: {
            entries: {
              ruleName: { description: ruleList === '' ? rule : `${ruleList}:${rule}` },
              counter: { value: hits },
              contextType: { description: context.type },
              contextName: { description: context.name },
              policyName: { description: policy },
            },
          },
        },
      ] as const,
  );
  return stats(device, 'security/firewall/rule-stat', 'rule-stat', Object.fromEntries(entries));
}

export function syncStatus(device: Device): JsonObject {
  const { ha } = device.settings;
  const [status, color, mode] =
    ha === undefined
      ? ['Standalone', 'green', 'standalone']
      : device.unsynced
        ? ['Changes Pending', 'yellow', 'high-availability']
        : ['In Sync', 'green', 'high-availability'];
  const advice = `Recommended action: Synchronize ${device.hostname} to group /Common/${ha?.group ?? ''}`;
  const details = {
    [`${host}/cm/syncStatus/0/details`]: {
      nestedStats: {
        entries: {
          [`${host}/cm/syncStatus/0/details/0`]: { nestedStats: { entries: { details: { description: advice } } } },
        },
      },
    },
  };
  const entries = {
    color: { description: color },
    ...(device.unsynced ? details : {}),
    mode: { description: mode },
    status: { description: status },
    summary: { description: ' ' },
  };
  return {
    kind: 'tm:cm:sync-status:sync-statusstats',
    selfLink: `${host}/cm/sync-status?ver=${device.settings.profile.version}`,
    entries: { [`${host}/cm/sync-status/0`]: { nestedStats: { entries } } },
  };
}

function stats(device: Device, path: string, name: string, entries: JsonObject): JsonObject {
  return {
    kind: `tm:${path.replaceAll('/', ':')}:${name}stats`,
    selfLink: `${host}/${path}/stats?ver=${device.settings.profile.version}`,
    ...(Object.keys(entries).length === 0 ? {} : { entries }),
  };
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Jan 23 2020 00:00:56-0000`: whole seconds. */
function deviceTime(at: number): string {
  const date = new Date(at);
  const day = String(date.getUTCDate()).padStart(2, '0');
  return `${months[date.getUTCMonth()] ?? ''} ${day} ${date.getUTCFullYear()} ${date.toISOString().slice(11, 19)}-0000`;
}
