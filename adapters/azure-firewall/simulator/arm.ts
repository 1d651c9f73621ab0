import { json } from '../../../kit/simulator/answers.ts';
import { Refusal } from '../../../kit/simulator/refusal.ts';
import type { SimulatedRequest, SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';

/* How Azure Resource Manager is asked, and how it refuses. */

export function refused({ status, code, message }: Refusal): SimulatedResponse {
  const response = json(status, { error: { code, message, details: [] } });
  const challenge = {
    'www-authenticate': `Bearer authorization_uri="https://login.microsoftonline.com", error="invalid_token"`,
  };
  const headers = {
    ...response.headers,
    ...(status === 401 && challenge),
    ...(status === 429 && { 'retry-after': '1' }),
  };
  return { ...response, headers };
}

export function notFound(id: string): Refusal {
  return new Refusal(
    404,
    'ResourceNotFound',
    `The Resource '${id}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

export const types = [
  'ipGroups',
  'firewallPolicies',
  'azureFirewalls',
  'ruleCollectionGroups',
  'kubeSelectorGroups',
] as const;
export type Type = (typeof types)[number];

export type Target =
  | { readonly kind: 'resource'; readonly type: Type; readonly id: string; readonly name: string }
  | { readonly kind: 'list'; readonly type: Type; readonly parent: string; readonly skip: number }
  | { readonly kind: 'operation'; readonly id: string; readonly asResult: boolean };

export const apiVersions: ReadonlySet<string> = new Set(['2024-05-01', '2025-05-01', '2026-03-01']);

/** Versions before 2026 have no kube selector groups. */
export function knowsSelectors(version: string): boolean {
  return version >= '2026';
}

/** @throws Refusal for a version that is not there, or not yet */
export function versionOf({ path }: Pick<SimulatedRequest, 'path'>, newest: string): string {
  const version = new URL(path, 'https://arm').searchParams.get('api-version') ?? '';
  if (version === '') {
    const message = 'The api-version query parameter (?api-version=) is required for all requests.';
    throw new Refusal(400, 'MissingApiVersionParameter', message);
  }
  if (apiVersions.has(version) && version <= newest) return version;
  const message = `No registered resource provider found for API version '${version}' for type '${path.split('/')[7] ?? ''}'.`;
  throw new Refusal(400, 'NoRegisteredProviderFound', message);
}

const provider = /^(\/subscriptions\/[^/]+(?:\/resourceGroups\/[^/]+)?)\/providers\/Microsoft\.Network\/(.+?)\/?$/i;

/** @throws Refusal for a path that leads nowhere, or without a version */
export function targetOf({ path }: Pick<SimulatedRequest, 'path'>): Target {
  const { pathname, searchParams } = new URL(path, 'https://arm');
  const [, scope = '', rest = ''] = provider.exec(decodeURIComponent(pathname)) ?? [];
  const parts = rest.split('/');
  const type = typeIn(parts, searchParams.get('api-version') ?? '');
  if (type === 'locations') {
    return { kind: 'operation', id: parts[3] ?? '', asResult: /^operationResults$/i.test(parts[2] ?? '') };
  }
  const id = `${scope}/providers/Microsoft.Network/${parts.join('/')}`;
  if (parts.length % 2 === 0) return { kind: 'resource', type, id, name: parts.at(-1) ?? '' };
  const parent = id.slice(0, id.lastIndexOf('/'));
  return { kind: 'list', type, parent, skip: Number(searchParams.get('$skiptoken') ?? 0) };
}

/** `ipGroups/x`, `firewallPolicies/x/ruleCollectionGroups`, `locations/x/operations/y` */
function typeIn(parts: readonly string[], version: string): Type | 'locations' {
  if (/^locations$/i.test(parts[0] ?? '') && parts.length === 4) return 'locations';
  const named = types.find((type) => type.toLowerCase() === (parts[2] ?? parts[0] ?? '').toLowerCase());
  const isKnown = named !== 'kubeSelectorGroups' || knowsSelectors(version);
  if (named !== undefined && isKnown && parts.length <= 4) return named;
  const message = `The resource type could not be found in the namespace 'Microsoft.Network' for api version '${version}'.`;
  throw new Refusal(400, 'InvalidResourceType', message);
}

/** @throws Refusal for a body that is no object */
export function bodyOf({ body }: Pick<SimulatedRequest, 'body'>): JsonObject {
  try {
    const parsed = JSON.parse(body) as JsonObject | null;
    if (parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed)) return parsed;
  } catch {
    // Told below.
  }
  throw new Refusal(400, 'InvalidRequestContent', 'The request content was invalid and could not be deserialized.');
}
