import { isObject, objectOf, objectsIn, textOf } from '../../../../kit/common/api/json.ts';
import type { Capabilities } from '../../../../src/adapter/capabilities.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { unprobed } from '../../unprobed.ts';
import type { Firewall } from '../known.ts';
import { kinds, scopePrefix } from '../../objects/names.ts';
import { readFirewall, readPolicy } from './firewall.ts';
import { foreignAssociations } from './associations.ts';
import { foreignLists } from './lists.ts';

const wantedDefault = 'aws:drop_established_app_layer_to_server';

/**
 * The firewall and its policy, by reads that change nothing.
 *
 * @throws AdapterError `unsupported` for a policy that does not evaluate in strict order, or by whose default action our
 *   rules would mean something else
 */
export async function probe(firewall: Firewall): Promise<Capabilities> {
  const { policyArn } = await readFirewall(firewall);
  const policy = policyArn.slice(policyArn.lastIndexOf('/') + 1);
  if (/:firewall-policy-?v2\//i.test(policyArn)) {
    throw new AdapterError(
      'unsupported',
      `The firewall has the Next Generation policy ${policy}, whose rules have another form. Give it a policy with StatefulEngineOptions.RuleOrder STRICT_ORDER (AssociateFirewallPolicy).`,
    );
  }
  const { document } = await readPolicy(firewall, policyArn);
  const engine = objectOf(document['StatefulEngineOptions']);
  checkPolicy(policy, document, firewall.config);
  const theirs = objectsIn(document['StatefulRuleGroupReferences']).map(({ ResourceArn }) => textOf(ResourceArn));
  const groups = theirs.filter((arn) => !arn.slice(arn.lastIndexOf('/') + 1).startsWith(scopePrefix(firewall))).length;
  const { quotas, sources } = firewall.config;
  const lists = sources === 'prefix-list' ? await foreignLists(firewall) : undefined;
  const followed = sources === 'container-association' ? await foreignAssociations(firewall) : undefined;
  return {
    ...unprobed,
    version: '2020-11-12',
    maxObjects: {
      ...(lists !== undefined && { [kinds.list]: Math.max(0, quotas.prefixLists - lists) }),
      ...(followed !== undefined && { [kinds.association]: Math.max(0, quotas.containerAssociations - followed) }),
      [kinds.group]: Math.max(0, quotas.ruleGroups - groups),
    },
    choices: {
      stream: streamChoice(textOf(engine['StreamExceptionPolicy']) || 'DROP'),
      names: namesChoice(document),
      room: roomChoice([
        ...(lists === undefined
          ? []
          : [{ what: 'prefix lists', taken: lists, of: quotas.prefixLists, where: 'in the region' }]),
        ...(followed === undefined
          ? []
          : [
              {
                what: 'container associations',
                taken: followed,
                of: quotas.containerAssociations,
                where: 'in the region',
              },
            ]),
        { what: 'rule groups', taken: groups, of: quotas.ruleGroups, where: `in policy ${policy}` },
      ]),
    },
  };
}

/** @throws AdapterError `unsupported` */
function checkPolicy(policy: string, document: JsonObject, { flushWithdrawn }: Firewall['config']): void {
  const engine = objectOf(document['StatefulEngineOptions']);
  if (textOf(engine['RuleOrder']) !== 'STRICT_ORDER') {
    throw new AdapterError(
      'unsupported',
      `Policy ${policy} evaluates its rules in default action order, in which a rule that accepts comes before every one that denies. Make a policy with StatefulEngineOptions.RuleOrder STRICT_ORDER and give it to the firewall; the order of a policy cannot be changed.`,
    );
  }
  const defaults = (document['StatefulDefaultActions'] ?? []) as readonly string[];
  if (!defaults.includes(wantedDefault)) {
    const has = defaults.length === 0 ? 'none' : defaults.join(', ');
    throw new AdapterError(
      'unsupported',
      `Policy ${policy} has the default actions ${has}. Set StatefulDefaultActions to ${wantedDefault} and its alert_ twin: under others, answers to what our rules accept are dropped, or nothing is.`,
    );
  }
  if (flushWithdrawn && textOf(engine['StreamExceptionPolicy']) === 'CONTINUE') {
    throw new AdapterError(
      'unsupported',
      `Policy ${policy} has StreamExceptionPolicy CONTINUE, under which a flushed connection goes on. Set it to DROP or REJECT, or flushWithdrawn: false in this point's config.`,
    );
  }
}

function roomChoice(
  rooms: readonly { readonly what: string; readonly taken: number; readonly of: number; readonly where: string }[],
): Capabilities['choices'][string] {
  const taken = rooms.map((room) => `${room.taken} of ${room.of} ${room.what} ${room.where}`);
  return {
    value: rooms.map((room) => `${room.of - room.taken} ${room.what}`).join(', '),
    reason: `Others have ${taken.join(' and ')}.`,
  };
}

function streamChoice(value: string): Capabilities['choices'][string] {
  const reason =
    value === 'CONTINUE'
      ? 'Connections whose beginning the firewall has not seen are accepted, whatever the rules: those of a withdrawn address go on. Set StreamExceptionPolicy DROP or REJECT.'
      : 'Connections whose beginning the firewall has not seen are stopped.';
  return { value, reason };
}

function namesChoice(document: JsonObject): Capabilities['choices'][string] {
  return isObject(document['Route53ResolvedIPValidation'])
    ? {
        value: 'checked',
        reason: 'The policy compares the address of a connection with what Route 53 answered for its name.',
      }
    : {
        value: 'as said',
        reason:
          'A name is what the client says: one that says an accepted name reaches any address. Set Route53ResolvedIPValidation in the policy, where the region has it.',
      };
}
