import { scalar, textAt } from '../../../../kit/simulator/tables/rows.ts';
import { parseRange } from '../../../../kit/simulator/traffic/addresses.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { badRequest, full } from '../api/failure.ts';
import { create, remove, type Workspace } from '../cmdb/write.ts';
import type { Row } from '../tables/schema.ts';

const mostPerObject = 100_000;

/**
 * The document of a generic connector becomes dynamic address objects `<namespace>_<name>`: the form of the names is
 * not documented. IPv4 only. Objects that the document no longer has are deleted, unless they are referred to.
 */
export function fillGenericAddresses(work: Workspace, connector: Row, data: unknown): void {
  const namespace = textAt(connector, 'namespace');
  const wanted = new Map<string, readonly string[]>(
    parsed(data).map((item) => {
      const addresses = [item['value'] ?? []].flat().map((value) => scalar(value));
      if (addresses.length > mostPerObject) throw full('value');
      const usable = addresses.filter((address) => parseRange(address)?.family === 4);
      return [`${namespace}_${textAt(item, 'name')}`, usable] as const;
    }),
  );
  const table = 'firewall/address';
  const schema = work.schemas.get(table);
  if (schema === undefined) return;
  for (const [name, row] of work.store.rows(table)) {
    const own = row['sub-type'] === 'external-resource' && name.startsWith(`${namespace}_`);
    if (own && !wanted.has(name) && work.store.referrers(table, name).length === 0) remove(work, schema, name);
  }
  for (const [name, addresses] of wanted) {
    if (!work.store.has(table, name)) create(work, schema, { name, type: 'dynamic', 'sub-type': 'external-resource' });
    const row = work.store.get(table, name) ?? {};
    work.store.put(table, name, { ...row, list: addresses.map((ip) => ({ ip, 'obj-id': '' })) });
  }
}

function parsed(data: unknown): readonly JsonObject[] {
  if (typeof data !== 'string') throw badRequest('data is not text');
  try {
    const { addresses } = JSON.parse(data) as { readonly addresses?: unknown };
    if (Array.isArray(addresses)) return addresses as readonly JsonObject[];
  } catch {
    // Not JSON at all: refused like a document without addresses.
  }
  throw badRequest('data has no addresses');
}
