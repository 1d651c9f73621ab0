import { unlessRefused } from '../../../kit/common/api/answers.ts';
import { objectsIn, textOf } from '../../../kit/common/api/json.ts';
import { Ownership } from '../../../kit/common/ownership/ownership.ts';
import type { Reading } from '../../../kit/common/session.ts';
import type { Live } from '../../../src/adapter/adapter.ts';
import { canonical, type JsonObject } from '../../../src/core/model/json.ts';
import { policyPath, templates, type Gcp, type Known, type Policy } from './known.ts';
import { readPolicy, sorted } from './policy.ts';

const lookAgainAfterMs = 10_000;
/** Networks that are looked at: a policy may be associated with any number. */
const mostNetworks = 4;

/** The rules that a network goes by, of every policy. */
export interface Effective {
  /** Its last part. */
  readonly network: string;
  readonly policies: readonly JsonObject[];
}

/** What the networks of a policy go by; undefined: that may not be read. */
export async function effectiveFirewalls(
  { ask, config }: Gcp,
  { fields }: Pick<Policy, 'fields'>,
): Promise<readonly Effective[] | undefined> {
  const networks = networksOf(fields).slice(0, mostNetworks);
  const found: Effective[] = [];
  for (const path of networks) {
    const answer = await unlessRefused(
      ask({ method: 'GET', path: effectivePath(config, path), template: templates.effective }),
      'forbidden',
      'not-found',
    );
    if (answer === undefined) return undefined;
    found.push({ network: path.slice(path.lastIndexOf('/') + 1), policies: objectsIn(answer['firewallPolicys']) });
  }
  return found;
}

/** `projects/p/global/networks/n`, in any project. */
function networksOf(fields: JsonObject): readonly string[] {
  return objectsIn(fields['associations']).flatMap(
    ({ attachmentTarget }) => /projects\/[\w.:-]+\/global\/networks\/[\w-]+$/.exec(textOf(attachmentTarget))?.[0] ?? [],
  );
}

function effectivePath(config: Gcp['config'], network: string): string {
  if (config.region === undefined) return `/compute/v1/${network}/getEffectiveFirewalls`;
  const all = policyPath(config).replace(/\/[^/]+$/, '');
  return `${all}/getEffectiveFirewalls?${new URLSearchParams({ network }).toString()}`;
}

/** Do the networks go by the rules that were last read? Which machine already does, Google does not say. */
export async function live(gcp: Gcp, last: Reading<Known> | undefined): Promise<Live> {
  const policy = await readPolicy(gcp);
  const found = await effectiveFirewalls(gcp, policy);
  if (found === undefined)
    return {
      state: 'unknown',
      evidence: 'what the networks go by cannot be read (compute.networks.getEffectiveFirewalls)',
    };
  if (found.length === 0) return { state: 'unknown', evidence: 'no network has the policy' };
  const unseen = networksOf(policy.fields).length - found.length;
  const wanted = canonical(last?.known.rules ?? sorted(policy, new Ownership(gcp.owner, '')).ours);
  const late = found.find(({ policies }) => canonical(oursIn(gcp, policies)) !== wanted);
  if (late !== undefined)
    return { state: 'pending', evidence: `network ${late.network} does not go by all rules yet`, lookAgainAfterMs };
  return {
    state: 'live',
    evidence: `networks that go by these rules: ${found.map(({ network }) => network).join(', ')}${unseen > 0 ? `; ${unseen} more were not looked at` : ''}`,
  };
}

function oursIn({ owner, config }: Gcp, policies: readonly JsonObject[]): Known['rules'] {
  // A network of a region has policies of both, which may have one name.
  const isOfRegion = config.region !== undefined;
  const ours = policies.filter(
    ({ name, shortName, type }) =>
      [name, shortName].includes(config.policy) && textOf(type).includes('REGIONAL') === isOfRegion,
  );
  const rules = ours.flatMap((policy) => objectsIn(policy['rules']));
  return sorted(
    { rules: rules.toSorted((a, b) => Number(a['priority']) - Number(b['priority'])) },
    new Ownership(owner, ''),
  ).ours;
}
