import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { textOf } from '../../../kit/common/api/json.ts';
import { lastOf } from '../objects/paths.ts';
import { listsIn } from '../objects/rule.ts';
import { tables } from '../objects/names.ts';
import { remark } from './remark.ts';

export interface DeclaredRules {
  /** In their order; the first that matches decides. */
  readonly rules: readonly JsonObject[];
  /** What AS3 cannot say, for the person who reads the declaration. */
  readonly notes: readonly string[];
}

/** What a rule of AFM can name and one of AS3 cannot; without it a flow would pass uninspected. */
const inspections = ['protocolInspectionProfile', 'servicePolicy'] as const;

export function declareRules(resources: readonly Resource[]): DeclaredRules {
  const natives = resources
    // A rule that names no source would be for everybody.
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
