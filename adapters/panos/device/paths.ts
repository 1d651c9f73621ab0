import type { PanosConfig } from '../config.ts';
import { kinds, type ConfigKind } from '../objects/names.ts';

type Place = Pick<PanosConfig, 'vsys' | 'panorama'>;

const tables: Readonly<Record<Exclude<ConfigKind, typeof kinds.rule>, string>> = {
  [kinds.address]: 'address',
  [kinds.group]: 'address-group',
  [kinds.service]: 'service',
};

/** Where a table stands in the configuration. */
export function tablePath({ vsys, panorama }: Place, kind: ConfigKind): string {
  const where =
    panorama === undefined ? `vsys/entry[@name='${vsys}']` : `device-group/entry[@name='${panorama.deviceGroup}']`;
  const rules = panorama === undefined ? 'rulebase/security/rules' : 'pre-rulebase/security/rules';
  const table = kind === kinds.rule ? rules : tables[kind];
  return `/config/devices/entry[@name='localhost.localdomain']/${where}/${table}`;
}

/** @throws RangeError for a name that could leave its place in the path: a defect, since ours never can */
export function entryPath(place: Place, kind: ConfigKind, name: string): string {
  if (!/^[\w .-]+$/.test(name)) throw new RangeError(`${name} is no name for a path`);
  return `${tablePath(place, kind)}/entry[@name='${name}']`;
}

/** What is asked of the firewall itself, through the Panorama where there is one. */
export function onFirewall({ vsys, panorama }: Place): Readonly<Record<string, string>> {
  return { vsys, ...(panorama && { target: panorama.firewall }) };
}
