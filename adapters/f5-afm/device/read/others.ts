import { isClass, unlessRefused } from '../../../../kit/common/api/answers.ts';
import { namesIn, objectOf, textOf } from '../../../../kit/common/api/json.ts';
import { plainResource } from '../../../../kit/common/ownership/resources.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Resource } from '../../../../src/core/model/resource.ts';
import { tables } from '../../objects/names.ts';
import { listsIn, ruleSpec } from '../../objects/rule.ts';
import { readBinding } from '../binding.ts';
import { rulesIn, type BigIp } from '../device.ts';

/*
 * Rules of others that decide before ours or behind them: those of the policy that ours stand in, and those of the global
 * policy, which is asked before every other context.
 */

/** A rule of a policy, ours or not; what a list of others holds stands in its place. */
interface Entry {
  readonly name: string;
  readonly row: JsonObject;
  /** Of the global policy: what it accepts goes on to the next context. */
  readonly handsOn: boolean;
  /** Other policies may refer to it as well. */
  readonly inList: boolean;
}

/**
 * @param shared the policy of the config, as it was read
 * @param ours how many rules we have, all in one place
 */
export async function readOthers(
  device: BigIp,
  shared: { readonly path: string; readonly row: JsonObject } | undefined,
  { isOurs, ours }: { readonly isOurs: (rule: JsonObject) => boolean; readonly ours: number },
): Promise<readonly Resource[]> {
  const first = await globalRules(device, shared?.path);
  const around =
    shared === undefined ? [] : await entriesOf(device, shared.path, shared.row, { handsOn: false, isOurs });
  let behind = 0;
  const rules: Resource[] = [];
  for (const { name, row, handsOn, inList } of [...first, ...around]) {
    if (isOurs(row)) behind = ours;
    else if (textOf(row['status']) !== 'disabled')
      rules.push({ ...plainResource(tables.rule, name, { ...ruleSpec(row), handsOn, inList }), position: behind });
  }
  return [...rules, ...(await objectsOf(device, rules))];
}

/** Nothing where ours are the global ones. */
async function globalRules(device: BigIp, own: string | undefined): Promise<readonly Entry[]> {
  if (own === undefined && device.config.context === 'global') return [];
  try {
    const { enforced } = await readBinding(device.ask, { context: 'global' }, 'global');
    if (enforced === '' || enforced === own) return [];
    const row = await read(device, tables.policy, enforced, true);
    return await entriesOf(device, enforced, row, { handsOn: true, isOurs: () => false });
  } catch (error) {
    if (!isClass(error, 'forbidden', 'not-found')) throw error;
    return [{ name: 'global policy', row: unread, handsOn: true, inList: false }];
  }
}

async function entriesOf(
  device: BigIp,
  path: string,
  row: JsonObject,
  { handsOn, isOurs }: Pick<Entry, 'handsOn'> & { readonly isOurs: (rule: JsonObject) => boolean },
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const rule of rulesIn(row)) {
    const list = textOf(rule['ruleList']);
    const refers = list !== '' && list !== 'none' && !isOurs(rule);
    if (!refers) entries.push({ name: `${path}/${textOf(rule['name'])}`, row: rule, handsOn, inList: false });
    else if (textOf(rule['status']) !== 'disabled')
      for (const entry of await listed(device, list, handsOn)) entries.push(entry);
  }
  return entries;
}

/** What a rule that refers to a list says of itself is not asked. */
async function listed(device: BigIp, list: string, handsOn: boolean): Promise<readonly Entry[]> {
  try {
    const rules = rulesIn(await read(device, tables.ruleList, list, true));
    return rules.map((row) => ({ name: `${list}/${textOf(row['name'])}`, row, handsOn, inList: true }));
  } catch (error) {
    if (!isClass(error, 'forbidden', 'not-found')) throw error;
    return [{ name: list, row: unread, handsOn, inList: true }];
  }
}

const unread: JsonObject = { unread: 'it may not be read' };

/** The lists that rules name, and those that lists name, by their full paths. */
async function objectsOf(device: BigIp, rules: readonly Resource[]): Promise<readonly Resource[]> {
  const found = new Map<string, Resource>();
  const kinds = [
    [tables.addressList, 'addressLists'],
    [tables.portList, 'portLists'],
  ] as const;
  for (const [table, field] of kinds) {
    let wanted = rules.flatMap(({ spec }) =>
      (['source', 'destination'] as const).flatMap((side) => listsIn(spec, side, field)),
    );
    while (wanted.length > 0) {
      const next: string[] = [];
      for (const path of new Set(wanted)) {
        if (found.has(`${table} ${path}`)) continue;
        const row = await unlessRefused(read(device, table, path, false), 'forbidden', 'not-found');
        if (row === undefined) continue;
        found.set(`${table} ${path}`, plainResource(table, path, row));
        for (const name of namesIn(row[field])) next.push(name);
      }
      wanted = next;
    }
  }
  return [...found.values()];
}

async function read({ ask }: BigIp, table: string, object: string, withRules: boolean): Promise<JsonObject> {
  const query = withRules ? { query: { expandSubcollections: 'true' } } : {};
  return objectOf(await ask({ method: 'GET', collection: `tm/${table}`, object, ...query }));
}
