import { asNetwork } from '../../../../src/net/cidr.ts';
import { entriesFor } from '../../../../kit/whole-document/entries.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import { canonical } from '../../../../src/core/model/json.ts';
import type { Change } from '../../../../src/core/model/plan.ts';
import { mostInline } from '../../lower/groups.ts';
import { fillerOf, referenceName } from '../../objects/names.ts';
import type { Firewall, Known } from '../known.ts';
import { sourcesOf } from './document.ts';
import { entriesAfter } from './members.ts';
import { rewrite } from './rules.ts';

/*
 * Variables of rule groups. One is there where a rule uses it: it is written with the rules, and its values change by writing
 * each rule group again that has it, under its update token.
 */

export async function changeSets(firewall: Firewall, known: Known, changes: readonly Change[]): Promise<void> {
  const used = new Set(known.attached.flatMap(({ variables }) => Object.keys(variables)));
  for (const change of changes) {
    const { name } = change.key;
    if (change.op === 'delete' && used.has(referenceName(firewall, name)))
      throw new AdapterError('in-use', `ip-set ${name} is used by a rule that is there still.`);
    note(known, change);
  }
  for (const group of known.attached) {
    const { variables } = sourcesOf(firewall, known, group.rules);
    if (canonical(variables) !== canonical(group.variables)) await rewrite(firewall, known, group, group.rules);
  }
}

function note({ sets, remembered }: Known, change: Change): void {
  const { name } = change.key;
  switch (change.op) {
    case 'create':
    case 'update': {
      const { spec, members = [] } = change.after;
      const family = spec['family'] === 'IPv6' ? 'IPv6' : 'IPv4';
      const entries = entriesFor(members.map(asNetwork), { filler: fillerOf(family) });
      if (sets.has(name)) sets.set(name, { name, family, entries });
      remembered.set(name, { name, family, entries });
      return;
    }
    case 'members':
      for (const held of [sets, remembered])
        for (const { holder, target } of entriesAfter(held, [change], mostInline))
          held.set(holder.name, { ...holder, entries: target });
      return;
    case 'delete':
      sets.delete(name);
      remembered.delete(name);
      return;
    case 'move':
      throw new AdapterError('unsupported', `ip-set ${name} has no place of its own.`);
  }
}
