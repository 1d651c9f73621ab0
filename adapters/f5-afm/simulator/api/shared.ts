import { read, type Call, type Reply } from './call.ts';
import type { Device } from '../device.ts';
import { notAllowed, Rejection, unregistered } from './failure.ts';

/**
 * `/mgmt/shared/appsvcs/...`: whether a partition belongs to the declarative extension. It lists its tenants; 204 where
 * it has none, and nobody answers where it is not installed.
 */
export function answerShared(device: Device, call: Call): Reply {
  const tenants = device.settings.as3Tenants;
  const [, extension, what, wanted] = call.segments;
  if (extension !== 'appsvcs' || tenants === undefined) throw unregistered(`/${call.segments.join('/')}`);
  if (call.method !== 'GET') throw notAllowed(call.method);
  if (what === 'info')
    return read({ version: '3.56.0', release: '10', schemaCurrent: '3.56.0', schemaMinimum: '3.0.0' });
  if (what !== 'declare') throw unregistered(`/${call.segments.join('/')}`);
  const shown = tenants.filter((tenant) => wanted === undefined || wanted.split(',').includes(tenant));
  if (shown.length === 0 && wanted !== undefined) throw new Rejection(404, `specified Tenant(s) '${wanted}' not found`);
  if (shown.length === 0) return { status: 204, body: undefined, wrote: false };
  const declared = shown.map((tenant) => [tenant, { class: 'Tenant' }] as const);
  return read({ class: 'ADC', schemaVersion: '3.56.0', updateMode: 'selective', ...Object.fromEntries(declared) });
}
