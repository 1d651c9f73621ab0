import type { Origin, Rule } from '../model/desired.ts';
import { digest } from './digest.ts';
import type { Draft } from './intent.ts';

/** A draft with its source: the ids of groups of its own role. */
export function ruleOf(draft: Draft, sources: readonly string[]): Rule {
  const { action, destination, ports, log, profile, expiresAt, origin } = draft;
  const content = {
    action,
    sources,
    destination,
    ports,
    log,
    ...(profile === undefined ? {} : { profile }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
  const identity = identityOf(origin);
  // See `Rule.id`: an accepting rule is rewritten in place, a denying one stands beside its predecessor for a moment.
  const id = digest(action === 'Accept' ? identity : `${identity}\n${JSON.stringify(content)}`);
  return { id, ...content, origin };
}

function identityOf({ kind, namespace, name, uid, field, via }: Origin): string {
  return [kind, namespace, uid === '' ? name : uid, field, via ?? ''].join('\n');
}
