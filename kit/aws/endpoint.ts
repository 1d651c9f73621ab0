import { AdapterError } from '../../src/adapter/errors.ts';

export interface AwsService {
  /** As it is called in signatures and host names: `network-firewall`. */
  readonly signingName: string;
  /** As AWS's models call it: `Network Firewall`. */
  readonly serviceId: string;
}

/**
 * Where a service answers: at the URL in the point's config; else at the one that AWS's own settings give where Postern
 * runs (`AWS_ENDPOINT_URL_NETWORK_FIREWALL`, `AWS_ENDPOINT_URL`, `endpoint_url` in a profile or its services); else at its
 * endpoint of the region.
 *
 * @throws AdapterError `invalid` where the settings give one that cannot be used
 */
export async function endpointOf(
  { signingName, serviceId }: AwsService,
  { region, url }: { readonly region: string; readonly url?: string | undefined },
): Promise<string> {
  const given = url ?? (await endpointInSettings(serviceId));
  if (given === undefined) return `https://${signingName}.${region}.${suffixOf(region)}`;
  if (/^https:\/\/[^\s/?#@]+\/?$/i.test(given)) return given;
  throw new AdapterError(
    'invalid',
    `The endpoint of ${serviceId} in AWS's settings (AWS_ENDPOINT_URL or a profile) must be https://host or https://host:port, without a path or credentials.`,
  );
}

/** By partition, from the partitions in AWS's SDKs. */
const suffixes = [
  [/^cn-/, 'amazonaws.com.cn'],
  [/^eusc-/, 'amazonaws.eu'],
  [/^us-iso-/, 'c2s.ic.gov'],
  [/^us-isob-/, 'sc2s.sgov.gov'],
  [/^eu-isoe-/, 'cloud.adc-e.uk'],
  [/^us-isof-/, 'csp.hci.ic.gov'],
] as const;

function suffixOf(region: string): string {
  return suffixes.find(([regions]) => regions.test(region))?.[1] ?? 'amazonaws.com';
}

async function endpointInSettings(serviceId: string): Promise<string | undefined> {
  const { booleanSelector, loadConfig, SelectorType } = await import('@smithy/core/config');
  const ignored = await loadConfig<boolean | undefined>({
    environmentVariableSelector: (env) => booleanSelector(env, 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', SelectorType.ENV),
    configFileSelector: (profile) => booleanSelector(profile, 'ignore_configured_endpoint_urls', SelectorType.CONFIG),
    default: false,
  })();
  if (ignored === true) return undefined;
  const name = serviceId.replaceAll(' ', '_');
  return loadConfig<string | undefined>({
    environmentVariableSelector: (env) => env[`AWS_ENDPOINT_URL_${name.toUpperCase()}`] ?? env['AWS_ENDPOINT_URL'],
    configFileSelector: (profile, file) =>
      file?.[`services.${profile['services'] ?? ''}`]?.[`${name.toLowerCase()}.endpoint_url`] ??
      profile['endpoint_url'],
    default: undefined,
  })();
}
