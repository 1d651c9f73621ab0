import { isIPv4 } from 'node:net';
import { namesIn, textOf } from '../../../../kit/common/api/json.ts';
import { atLeast } from '../../../../kit/common/api/version.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Resource } from '../../../../src/core/model/resource.ts';
import { rowsOf } from '../../api/envelope.ts';
import { tables } from '../../objects/names.ts';
import type { Fortigate } from '../device.ts';

/** A flow that one of our accepting policies is there for. */
interface Sample {
  readonly sourceip: string;
  readonly dest: string;
  readonly destport: string;
}

/**
 * What the device itself answers when it is asked which policy decides a flow of ours: an end to the statement of what
 * is in force, or nothing where no interface is configured or no flow lends itself. A policy of others above our block
 * shows here; it is told, not judged, for it may be meant.
 */
export async function lookUp(device: Fortigate, resources: readonly Resource[]): Promise<string> {
  const { config, capabilities, ask } = device;
  const srcintf = config.srcInterfaces.find((name) => name !== 'any');
  const sample = srcintf === undefined ? undefined : sampleOf(resources);
  if (srcintf === undefined || sample === undefined || !atLeast(capabilities.version, '7.0')) return '';
  const query = { srcintf, protocol: 'TCP', ...sample };
  try {
    const [answer] = rowsOf(await ask({ method: 'GET', base: 'monitor', table: 'firewall/policy-lookup', query }));
    const decides = await nameOf(device, textOf(answer?.['policy_id']));
    const about = `${sample.sourceip} to ${sample.dest} TCP/${sample.destport}`;
    const ours = resources.some(({ kind, name }) => kind === tables.policy && name === decides);
    return `; policy-lookup of ${about} finds ${decides}${ours ? '' : ', which is not ours'}`;
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return ''; // a lookup needs a route and a zone member; without them it proves nothing either way
  }
}

function sampleOf(resources: readonly Resource[]): Sample | undefined {
  const byName = new Map(resources.map((resource) => [`${resource.kind} ${resource.name}`, resource]));
  const named = (kinds: readonly string[], names: JsonObject[string] | undefined): readonly Resource[] =>
    namesIn(names).flatMap((name) => kinds.flatMap((kind) => byName.get(`${kind} ${name}`) ?? []));
  for (const { spec, effect, position } of resources) {
    if (position === undefined || effect !== 'Accept') continue;
    const sources = named([tables.group, tables.feed], spec['srcaddr']).flatMap(({ members = [] }) => members);
    const sourceip = sources.find((member) => isIPv4(member));
    const networks = named([tables.address], spec['dstaddr']).map((address) => textOf(address.spec['subnet']));
    const dest = networks.find((network) => network !== '')?.replace(/\/.*/, '');
    const ports = named([tables.service], spec['service']).map((service) => textOf(service.spec['tcp-portrange']));
    const destport = ports.map((range) => /^\d+/.exec(range)?.[0]).find((port) => port !== undefined);
    if (sourceip !== undefined && dest !== undefined && destport !== undefined) return { sourceip, dest, destport };
  }
  return undefined;
}

async function nameOf({ ask }: Fortigate, id: string): Promise<string> {
  if (id === '' || id === '0') return 'no policy';
  const query = { format: 'policyid|name' };
  const [row] = rowsOf(await ask({ method: 'GET', base: 'cmdb', table: tables.policy, keys: [id], query }));
  return textOf(row?.['name']) || `policy ${id}`;
}
