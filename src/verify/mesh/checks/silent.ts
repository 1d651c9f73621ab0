import { refusedOf } from '../validation/validate.ts';
import { flaw, type CheckContext, type Flaw, type MeshCheck } from './check.ts';

/** What istiod takes without a word, and does something else with than it seems to say. */
export const silentChecks: readonly MeshCheck[] = [
  {
    id: 'S31',
    title: 'A host is spelled in one way, also by others',
    severity: 'error',
    fix: 'Write host names in lower case: a sidecar that sees two spellings of one host refuses all of their port.',
    find: ({ world }) =>
      world.registry.spelledTwice.flatMap((services) => {
        const [first] = services;
        if (first === undefined || new Set(services.map(({ spelled }) => spelled)).size < 2) return [];
        return services
          .filter(({ spelled, host }) => spelled !== host)
          .map(({ id, spelled, host }) => flaw({ id }, 'spec.hosts', `spells ${host} as ${spelled}, unlike others`));
      }),
  },
  {
    id: 'S32',
    title: 'Nobody puts addresses behind what is of somebody else',
    severity: 'warning',
    fix: 'Remove it, or permit the address by a policy: whoever may reach the Service or the host reaches it, too.',
    find: shares,
  },
  {
    id: 'S33',
    title: 'Objects of others are ones that Istio takes',
    severity: 'error',
    fix: 'Correct the field: istiod refuses the object where its webhook is asked, and nobody says what becomes of it where not.',
    find: ({ snapshot, isOurs }) =>
      refusedOf(snapshot)
        .filter(({ object }) => !isOurs(object))
        .flatMap(({ object, faults }) => faults.map(([field, message]) => flaw(object, field, message))),
  },
];

function shares({ world }: CheckContext): readonly Flaw[] {
  return world.registry.leadingOutside.flatMap(({ id, endpoints }) =>
    endpoints
      .filter(({ by, at }) => by !== id && at !== '' && !by.startsWith('ServiceEntry/'))
      .map(({ by, at }) => flaw({ id: by }, '', `puts ${at} behind ${id}`)),
  );
}
