import type { DesiredState } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { routeDomainOf, type Context } from '../lower/context.ts';
import { lower } from '../lower/lower.ts';
import { ownPolicyName, ruleListName, tables } from '../objects/names.ts';
import { compareText } from '../../../src/api/problem.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { nativeMember, placeholderAddress } from '../objects/members.ts';
import { namesIn, textOf } from '../../../kit/common/api/json.ts';
import { lastOf } from '../objects/paths.ts';
import { listsIn } from '../objects/rule.ts';

/** The oldest version of AS3 that has all of it. */
const schemaVersion = '3.40.0';

/**
 * The desired state as an AS3 declaration, for those who manage a BIG-IP by declarations: one tenant with the address,
 * port and rule lists and the policy, which is to be enforced where they want it. It is what `lower` says, frozen: members
 * follow pods only when it is rendered and posted again. Never post it to a partition that this adapter writes to.
 */
export function as3(desired: DesiredState, context: Context): string {
  const { config, owner } = context;
  const { resources } = lower(desired, context);
  const { rules, notes } = declareRules(resources);
  const shared: JsonObject = {
    class: 'Application',
    template: 'shared',
    ...declareLists(resources, context),
    [ruleListName(owner)]: { class: 'Firewall_Rule_List', rules },
    [ownPolicyName(owner)]: { class: 'Firewall_Policy', rules: [{ use: ruleListName(owner) }] },
  };
  const declaration: JsonObject = {
    class: 'ADC',
    schemaVersion,
    id: `postern-${owner.cluster}-${desired.point}`,
    updateMode: 'selective',
    ...(notes.length > 0 && { constants: { class: 'Constants', notes } }),
    [config.partition]: { class: 'Tenant', Shared: shared },
  };
  return `${JSON.stringify({ class: 'AS3', action: 'deploy', persist: true, declaration }, null, 2)}\n`;
}

/** Address and port lists by their names. */
function declareLists(resources: readonly Resource[], context: Context): JsonObject {
  const routeDomain = routeDomainOf(context);
  const lists = resources.flatMap((resource): (readonly [string, JsonObject])[] => {
    const declared = declareList(resource, routeDomain);
    return declared === undefined ? [] : [[resource.name, declared]];
  });
  return Object.fromEntries(lists.sort(([a], [b]) => compareText(a, b)));
}

function declareList({ kind, spec, members, title = '' }: Resource, routeDomain: number): JsonObject | undefined {
  if (kind === tables.portList) return { class: 'Firewall_Port_List', ports: namesIn(spec['ports']) };
  if (kind !== tables.addressList) return undefined;
  const addresses = members?.map((member) => nativeMember(member, routeDomain)) ?? namesIn(spec['addresses']);
  const fqdns = namesIn(spec['fqdns']);
  return {
    class: 'Firewall_Address_List',
    ...(title !== '' && { remark: remark(title) }),
    ...orNobody(addresses, fqdns),
  };
}

/** AS3 takes no list without an entry, and a rule without a list is for all sources: an empty list gets a placeholder that no packet has. */
function orNobody(addresses: readonly string[], fqdns: readonly string[]): JsonObject {
  if (addresses.length + fqdns.length === 0) return { addresses: [placeholderAddress] };
  return { ...(addresses.length > 0 && { addresses }), ...(fqdns.length > 0 && { fqdns }) };
}

interface DeclaredRules {
  /** In their order; the first that matches decides. */
  readonly rules: readonly JsonObject[];
  /** What AS3 cannot say, for the person who reads the declaration. */
  readonly notes: readonly string[];
}

/** What a rule of AFM can name and one of AS3 cannot; without it a flow would pass uninspected. */
const inspections = ['protocolInspectionProfile', 'servicePolicy'] as const;

function declareRules(resources: readonly Resource[]): DeclaredRules {
  const natives = resources
    // A rule without a source would be for all sources.
    .filter(({ kind, spec }) => kind === tables.rule && listsIn(spec, 'source', 'addressLists').length > 0)
    .toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0));
  const ends = new Map(
    resources
      .filter(({ kind }) => kind === tables.schedule)
      .map(({ name, spec }) => [name, textOf(spec['dateValidEnd'])]),
  );
  const declared = natives.map((native) => ({
    native,
    lacking: inspections.filter((field) => native.spec[field] !== ''),
  }));
  return {
    rules: declared.flatMap(({ native, lacking }) => (lacking.length > 0 ? [] : [declareRule(native)])),
    notes: declared.flatMap(({ native: { name, spec }, lacking }) => {
      if (lacking.length > 0) return [`${name} is left out: rules of AS3 have no ${lacking.join(', no ')}`];
      const end = ends.get(lastOf(textOf(spec['schedule'])));
      return end === undefined ? [] : [`${name} has no end here: render and post again before ${end}`];
    }),
  };
}

function declareRule({ name, spec, title = '' }: Resource): JsonObject {
  const irule = textOf(spec['irule']);
  return {
    name,
    remark: remark(title),
    action: textOf(spec['action']),
    protocol: textOf(spec['ipProtocol']),
    loggingEnabled: spec['log'] === 'yes',
    source: side(spec, 'source'),
    destination: side(spec, 'destination'),
    ...(irule !== '' && { iRule: { bigip: irule }, iRuleSampleRate: Number(textOf(spec['iruleSampleRate'])) }),
  };
}

/** Lists of the same application go by their names. */
function side(spec: JsonObject, which: 'source' | 'destination'): JsonObject {
  const named = (['addressLists', 'portLists'] as const).map((field) => {
    const lists = listsIn(spec, which, field).map((path) => ({ use: lastOf(path) }));
    return lists.length > 0 && { [field]: lists };
  });
  return Object.assign({}, ...named.filter((entry) => entry !== false)) as JsonObject;
}

/** AS3 takes remarks of 64 characters; only those that mean nothing in JSON, HTML or Tcl are kept. */
function remark(text: string): string {
  const plain = text.normalize('NFKD').replace(/[^A-Za-z0-9 ./:=,*_+-]+/g, '-');
  return plain.length > 64 ? `${plain.slice(0, 61)}...` : plain;
}
