import { plainResource } from '../../../kit/common/ownership/resources.ts';
import type { Owner } from '../../../src/adapter/owner.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { contentName, description, kinds } from '../objects/names.ts';

/** The address object of a network or of an exact name. */
export function addressResource(owner: Owner, text: string): Resource {
  const value = text.includes('/') ? { 'ip-netmask': text } : { fqdn: text };
  const name = contentName(owner, `to-${text}`, `destination ${text}`);
  return plainResource(kinds.address, name, { ...value, description: description(owner, `destination/${text}`) });
}
