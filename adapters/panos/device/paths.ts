import type { PanosConfig } from '../config.ts';
import { kinds, type ConfigKind } from '../objects/names.ts';

const tables: Readonly<Record<ConfigKind, string>> = {
  [kinds.address]: 'address',
  [kinds.group]: 'address-group',
  [kinds.service]: 'service',
  [kinds.rule]: 'rulebase/security/rules',
};

/** Where a table stands in the configuration. */
export function tablePath(config: Pick<PanosConfig, 'vsys'>, kind: ConfigKind): string {
  return `/config/devices/entry[@name='localhost.localdomain']/vsys/entry[@name='${config.vsys}']/${tables[kind]}`;
}

/** @throws RangeError for a name that could leave its place in the path: a defect, since ours never can */
export function entryPath(config: Pick<PanosConfig, 'vsys'>, kind: ConfigKind, name: string): string {
  if (!/^[\w .-]+$/.test(name)) throw new RangeError(`${name} is no name for a path`);
  return `${tablePath(config, kind)}/entry[@name='${name}']`;
}
