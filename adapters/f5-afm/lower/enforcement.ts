import type { Resource } from '../../../src/core/model/resource.ts';
import {
  contextNames,
  description,
  entryName,
  ownPolicyName,
  pathOf,
  policyPath,
  ruleListName,
  tables,
} from '../objects/names.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import { groupSpec } from '../objects/specs.ts';
import { entrySpec } from '../objects/rule.ts';
import type { Context } from './context.ts';

/**
 * What puts our rules into force: a rule list with all of them, one rule that refers to it in a policy, and unless that
 * is a policy of the user's, the policy and its place in the context.
 */
export function lowerEnforcement({ owner, config }: Context): readonly Resource[] {
  const ruleList = { kind: tables.ruleList, name: ruleListName(owner) };
  const policy = policyPath(config, owner);
  const row = {
    description: description(owner, 'rules', 'refers to the rules that follow pods'),
    ruleList: pathOf(config, ruleList.name),
  };
  const own = { kind: tables.policy, name: ownPolicyName(owner) };
  const needs = config.policy === undefined ? [own, ruleList] : [ruleList];
  const entry = plainResource(tables.entry, entryName(policy, owner), entrySpec(policy, row), needs);
  const list = plainResource(ruleList.kind, ruleList.name, groupSpec({ description: description(owner, 'rules') }));
  if (config.policy !== undefined) return [list, entry];
  const mark = groupSpec({ description: description(owner, 'policy') });
  const refs = [own, { kind: entry.kind, name: entry.name }];
  return [
    list,
    plainResource(own.kind, own.name, mark),
    entry,
    ...contextNames(config).map((name) => contextResource(name, policy, refs)),
  ];
}

/** That a context enforces our policy. */
export function contextResource(name: string, policy: string, refs: Resource['refs']): Resource {
  return plainResource(tables.context, name, { enforcedPolicy: policy }, refs);
}
