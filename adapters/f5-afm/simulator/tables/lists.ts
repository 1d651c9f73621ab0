import type { Fields } from '../../../../kit/simulator/tables/fields.ts';
import { misconfigured } from '../api/failure.ts';
import type { Profile } from '../profile.ts';
import { hostName, rangeText } from './addresses.ts';
import { children, names, text } from './fields.ts';
import { schema, type Schema } from './schema.ts';

export const addressList = '/security/firewall/address-list';
export const portList = '/security/firewall/port-list';
export const userList = '/security/firewall/user-list';

const country = (name: string): string | undefined => (/^[A-Z]{2}(:[^<>]+)?$/.test(name) ? name : undefined);

/** `80` or `10-20`; 0 to 65535. */
export function portText(name: string): string | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(name);
  if (match === null) return undefined;
  const from = Number(match[1]);
  const to = Number(match[2] ?? from);
  if (to > 65_535 || from > to) return undefined;
  return from === to ? String(from) : `${from}-${to}`;
}

/** What address lists and the ends of rules have in common. */
export function addressFields(profile: Profile): Fields {
  return {
    addresses: names(rangeText),
    geo: names(country),
    ...(profile.fqdns ? { fqdns: names(hostName) } : {}),
  };
}

export const portNames = names(portText);

export function listTables(profile: Profile): readonly Schema[] {
  return [
    schema(addressList, 'Firewall IP address list', {
      fields: { description: text(), ...addressFields(profile), addressLists: children(addressList) },
      check: ({ fields, fullPath }) => {
        const kinds = ['addresses', 'fqdns', 'geo', 'addressLists'];
        if (kinds.some((kind) => fields[kind] !== undefined)) return;
        // That it is refused is documented, the wording is a guess.
        throw misconfigured(`Address list (${fullPath}) must have at least one entry`);
      },
    }),
    schema(userList, 'Firewall user list', { fields: { description: text(), users: names((name) => name) } }),
    schema(portList, 'Firewall port list', {
      fields: { description: text(), ports: portNames, portLists: children(portList) },
      check: ({ fields, fullPath }) => {
        if (fields['ports'] !== undefined || fields['portLists'] !== undefined) return;
        throw misconfigured(`Port list (${fullPath}) must have at least one entry`);
      },
    }),
  ];
}
