import { similarTo } from '../api/similar.ts';
import { UsageError } from '../core/model/usage-error.ts';
import type { Adapter } from './adapter.ts';
import type { Capabilities } from './capabilities.ts';

/* Facts about a device that decide what is written to it, for commands that do not connect to it. */

export interface AssumedFact {
  readonly name: string;
  readonly value: string;
  /** Given on the command line; taken from the status of the point; or assumed for this kind of device. */
  readonly from: 'assume' | 'status' | 'kind';
}

/** One fact about one point, or about all. */
export interface Assumption {
  /** Absent: of every point. */
  readonly point?: string;
  readonly name: FactName;
  readonly value: string;
}

interface Fact {
  /** Continues `must be`. */
  readonly wanted: string;
  readonly pattern: RegExp;
  readonly shown: (capabilities: Capabilities) => string;
  readonly read: (value: string, adapter: Adapter) => Partial<Capabilities>;
}

const facts = {
  version: {
    wanted: 'a version such as 7.6.5',
    pattern: /^v?\d+(\.\d+){1,3}$/,
    shown: ({ version }) => version,
    read: (value, { ofVersion }) => {
      const version = value.replace(/^v/, '');
      return { version, ...ofVersion?.(version) };
    },
  },
  maxMembersPerGroup: {
    wanted: 'a number from 1 on',
    pattern: /^[1-9]\d{0,6}$/,
    shown: ({ maxMembersPerGroup: most }) => (most === Number.MAX_SAFE_INTEGER ? 'no limit' : String(most)),
    read: (value) => ({ maxMembersPerGroup: Number(value) }),
  },
  domainNames: {
    wanted: 'none, exact or wildcard',
    pattern: /^(none|exact|wildcard)$/,
    shown: ({ domainNames }) => domainNames,
    read: (value) => ({ domainNames: value as Capabilities['domainNames'] }),
  },
  transactions: {
    wanted: 'true or false',
    pattern: /^(true|false)$/,
    shown: ({ transactions }) => String(transactions),
    read: (value) => ({ transactions: value === 'true' }),
  },
} as const satisfies Readonly<Record<string, Fact>>;

type FactName = keyof typeof facts;
const names = Object.keys(facts) as FactName[];

/** `version=7.6.5`, or `edge:version=7.6.5` for one point. @throws UsageError for a name or a value that there is not */
export function readAssumption(text: string): Assumption {
  const [, point, name = '', value = ''] = /^(?:([a-z0-9.-]+):)?([^=:]*)=(.*)$/.exec(text) ?? [];
  const known = names.find((one) => one === name);
  if (known === undefined) {
    const similar = similarTo(name === '' ? text : name, names);
    const meant = similar === undefined ? '' : `; did you mean ${similar}?`;
    throw new UsageError(`"${text}" is not [POINT:]FACT=VALUE with one of the facts ${names.join(', ')}${meant}`);
  }
  const { wanted, pattern }: Fact = facts[known];
  if (!pattern.test(value)) throw new UsageError(`--assume ${text}: ${known} must be ${wanted}`);
  return { ...(point !== undefined && { point }), name: known, value };
}

export interface Assumed {
  readonly capabilities: Capabilities;
  readonly facts: readonly AssumedFact[];
}

/**
 * What the device of a point is taken for. What somebody says counts before its status, and that before its kind.
 *
 * @param deviceVersion by the status of the point
 * @throws AdapterError `unsupported` for a version that the adapter cannot work with
 */
export function assume(
  adapter: Adapter,
  point: string,
  { said, deviceVersion }: { readonly said: readonly Assumption[]; readonly deviceVersion: string | undefined },
): Assumed {
  const sources = new Map<FactName, AssumedFact['from']>();
  let { capabilities } = adapter;
  const take = (name: FactName, value: string, from: AssumedFact['from']): void => {
    const { read }: Fact = facts[name];
    capabilities = { ...capabilities, ...read(value, adapter) };
    sources.set(name, from);
  };
  if (deviceVersion !== undefined && facts.version.pattern.test(deviceVersion))
    take('version', deviceVersion, 'status');
  for (const { name, value, ...only } of said) if ((only.point ?? point) === point) take(name, value, 'assume');
  return {
    capabilities,
    facts: names.map((name) => ({
      name,
      value: facts[name].shown(capabilities),
      from: sources.get(name) ?? 'kind',
    })),
  };
}
