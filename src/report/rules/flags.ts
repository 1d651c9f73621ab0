import { isBroad } from '../../lint/rules/destination-rules.ts';
import { reviewWarningMs } from '../../lint/rules/governance-rules.ts';
import type { Remaining } from '../../verify/values/time.ts';
import { insecureServicesOn } from '../../lint/rules/insecure-services.ts';
import { flagCodes, type Flag, type RuleEntry } from '../report.ts';
import { objectName } from '../../core/text/wording.ts';

type Unflagged = Omit<RuleEntry, 'flags'>;

/** Flags a rule as soon as all of it is known, and holds nothing else of how it was made. */
export function flagsLater(remaining: Remaining, originate: boolean): (rule: Unflagged) => readonly Flag[] {
  return (rule) => flagsOf(rule, remaining, originate);
}

/** What needs attention in a rule, the most serious first. */
export function flagsOf(rule: Unflagged, remaining: Remaining, originate: boolean): readonly Flag[] {
  const flags = [
    ...stateFlags(rule),
    ...(rule.action === 'Accept' ? opennessFlags(rule, originate) : []),
    ...governanceFlags(rule, remaining),
  ];
  return flags.sort((a, b) => flagCodes.indexOf(a.code) - flagCodes.indexOf(b.code));
}

function stateFlags({ live, losses, addresses, hits, action, mesh }: Unflagged): Flag[] {
  const flags: Flag[] = [];
  if (live.state === 'no') flags.push({ code: 'not-live', message: live.reason });
  for (const { code, effect, message } of losses) {
    if (code === 'over-grant') flags.push({ code, message });
    else flags.push({ code: 'loss', message: `${effect}: ${message}` });
  }
  if (addresses === 0 && action === 'Accept') flags.push({ code: 'no-source', message: 'it matches no pod now' });
  if (hits?.count === 0 && action === 'Accept')
    flags.push({ code: 'never-hit', message: 'the device has counted no hit' });
  const missing = (mesh ?? []).filter(({ objects }) => objects.length === 0).map(({ point }) => point);
  if (missing.length > 0)
    flags.push({ code: 'no-mesh-counterpart', message: `no object of its own at ${missing.join(', ')}` });
  return flags;
}

function opennessFlags({ destination, ports }: Unflagged, originate: boolean): Flag[] {
  const flags: Flag[] = [];
  // Where the gateway originates TLS, what leaves the cluster is encrypted.
  for (const { name, port, protocol, why } of originate ? [] : insecureServicesOn(ports))
    flags.push({ code: 'insecure-service', message: `${name} (${protocol} ${port}): ${why}` });
  if (destination.any) flags.push({ code: 'any-destination', message: 'leads anywhere' });
  if (ports.length === 0) flags.push({ code: 'any-port', message: 'every protocol and port' });
  const wide = destination.networks.filter(isBroad);
  if (wide.length > 0 && !destination.any)
    flags.push({ code: 'wide-network', message: `a wide network: ${wide.join(', ')}` });
  return flags;
}

function governanceFlags({ policy, service, governance }: Unflagged, remaining: Remaining): Flag[] {
  if (policy === null || governance === null || policy.kind === 'EnforcementPoint') return [];
  const { owner, justification, expiresAt, reviewBy, serviceOwner, serviceJustification } = governance;
  const name = objectName(policy);
  const missing = (own: string, shared: string): string[] => [
    ...(own === '' ? [name] : []),
    ...(service && shared === '' ? [`ExternalService/${service}`] : []),
  ];
  const flags: Flag[] = [];
  const [ownerless, unjustified] = [missing(owner, serviceOwner), missing(justification, serviceJustification)];
  if (ownerless.length > 0)
    flags.push({ code: 'no-owner', message: `${ownerless.join(' and ')} names no owner; set governance.owner` });
  if (unjustified.length > 0)
    flags.push({
      code: 'no-justification',
      message: `${unjustified.join(' and ')} gives no reason; set governance.justification`,
    });
  const left = expiresAt === '' ? NaN : remaining(expiresAt);
  if (left <= 0) flags.push({ code: 'expired', message: `expired at ${expiresAt}` });
  else if (left <= reviewWarningMs) flags.push({ code: 'expiring-soon', message: `expires at ${expiresAt}` });
  if (reviewBy !== '' && remaining(reviewBy) <= 0)
    flags.push({ code: 'review-overdue', message: `its review was due by ${reviewBy}` });
  return flags;
}
