import { namesIn, objectOf, objectsIn, textOf } from '../../../../kit/common/api/json.ts';
import type { Capabilities } from '../../../../src/adapter/capabilities.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { unprobed } from '../../unprobed.ts';
import type { Firewall } from '../known.ts';
import { nameIn } from '../../objects/names.ts';
import { readFirewall, readPolicy } from './firewall.ts';
import { roomIn } from './room.ts';

const wantedDefault = 'aws:drop_established_app_layer_to_server';

/**
 * The firewall and its policy, by reads that change nothing.
 *
 * @throws AdapterError `unsupported` for a policy that does not evaluate in strict order, or by whose default action our
 *   rules would mean something else
 */
export async function probe(firewall: Firewall): Promise<Capabilities> {
  const { policyArn } = await readFirewall(firewall);
  const policy = nameIn(policyArn);
  const { document, faults } = await readPolicy(firewall, policyArn);
  const engine = objectOf(document['StatefulEngineOptions']);
  const [fault] = faultsIn(policy, document, firewall.config);
  if (fault !== undefined) throw new AdapterError('unsupported', fault);
  const { maxObjects, room } = await roomIn(firewall, policy, document);
  return {
    ...unprobed,
    version: '2020-11-12',
    maxObjects,
    choices: {
      stream: streamChoice(textOf(engine['StreamExceptionPolicy']) || 'DROP'),
      names: namesChoice(document, faults),
      room,
    },
  };
}

/** Why a policy does not enforce what our rules say, each as a sentence with what to do; empty: it does. */
export function faultsIn(
  policy: string,
  document: JsonObject,
  { flushWithdrawn }: Firewall['config'],
): readonly string[] {
  const engine = objectOf(document['StatefulEngineOptions']);
  const defaults = namesIn(document['StatefulDefaultActions']);
  const has = defaults.length === 0 ? 'none' : defaults.join(', ');
  return [
    ...(textOf(engine['RuleOrder']) === 'STRICT_ORDER'
      ? []
      : [
          `Policy ${policy} evaluates its rules in default action order, in which a rule that accepts comes before every one that denies. Make a policy with StatefulEngineOptions.RuleOrder STRICT_ORDER and give it to the firewall; the order of a policy cannot be changed.`,
        ]),
    ...(defaults.includes(wantedDefault)
      ? []
      : [
          `Policy ${policy} has the default actions ${has}. Set StatefulDefaultActions to ${wantedDefault} and its alert_ twin: under others, answers to accepted flows are dropped, or nothing is dropped.`,
        ]),
    ...(flushWithdrawn && textOf(engine['StreamExceptionPolicy']) === 'CONTINUE'
      ? [
          `Policy ${policy} has StreamExceptionPolicy CONTINUE, under which a flushed connection goes on. Set it to DROP or REJECT, or flushWithdrawn: false in this point's config.`,
        ]
      : []),
  ];
}

function streamChoice(value: string): Capabilities['choices'][string] {
  const reason =
    value === 'CONTINUE'
      ? 'The firewall accepts connections whose first packets it has not seen, regardless of the rules, so connections of a withdrawn address continue. Set StreamExceptionPolicy DROP or REJECT.'
      : 'The firewall stops connections whose first packets it has not seen.';
  return { value, reason };
}

/** What keeps a client that says an accepted name from connecting elsewhere. */
function namesChoice(document: JsonObject, faults: readonly string[]): Capabilities['choices'][string] {
  const { Action, SourceIPRanges } = objectOf(document['Route53ResolvedIPValidation']);
  const asSaid = (why: string): Capabilities['choices'][string] => ({
    value: 'as said',
    reason: `The firewall trusts the name that the client sends: a client that sends an accepted name reaches any address. ${why}`,
  });
  if (Action === undefined) return asSaid('Set Route53ResolvedIPValidation in the policy, where the region has it.');
  if (Action === 'ALERT')
    return asSaid('Route53ResolvedIPValidation of the policy only raises alerts: set its Action to DROP or REJECT.');
  const [fault] = faults;
  if (fault !== undefined) return asSaid(`Route53ResolvedIPValidation of the policy does not work: ${fault}.`);
  const whose = objectsIn(SourceIPRanges).length > 0 ? ' This applies only to SourceIPRanges.' : '';
  const reason = `The policy stops connections to addresses that Route 53 has not returned for any name. It does not check that the address was returned for the name that the client sends.${whose}`;
  return { value: 'resolved', reason };
}
