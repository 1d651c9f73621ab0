import { deviceSession, type DeviceDriver } from '../../../kit/common/session.ts';
import type { AdapterDeps, Session } from '../../../src/adapter/adapter.ts';
import { gcpClient } from '../api/client.ts';
import type { GcpConfig } from '../config.ts';
import { kinds } from '../objects/names.ts';
import { unprobed } from '../unprobed.ts';
import { writeGroups } from './address-groups.ts';
import type { Gcp, Known } from './known.ts';
import { live } from './live.ts';
import { observe } from './observe.ts';
import { poll } from './operations.ts';
import { probe } from './probe.ts';
import { writeRules } from './rules.ts';

/** A session with one firewall policy and the address groups beside it. */
export function gcpSession(config: GcpConfig, deps: AdapterDeps): Session {
  const client = gcpClient(config, deps);
  const driver: DeviceDriver<Gcp, Known> = {
    probe,
    read: observe,
    write: async (gcp, { changes }) =>
      changes[0]?.key.kind === kinds.group ? writeGroups(gcp, changes) : writeRules(gcp, changes),
    poll,
    live,
    close: () => client.close(),
  };
  return deviceSession(driver, { config, deps, unprobed, asking: (signal) => client.asking(signal) });
}
