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
    title: 'No object adds endpoints to a Service or host that another object owns',
    severity: 'warning',
    fix: 'Remove it, or permit the address by a policy: every client that may reach the Service or host may also reach it.',
    find: shares,
  },
  {
    id: 'S33',
    title: 'Istio accepts the objects that Postern does not manage',
    severity: 'error',
    fix: 'Correct the field: istiod refuses the object where its webhook is installed; without the webhook the effect is undefined.',
    find: ({ snapshot, isOurs }) =>
      refusedOf(snapshot)
        .filter(({ object }) => !isOurs(object))
        .flatMap(({ object, faults }) => faults.map(([field, message]) => flaw(object, field, message))),
  },
  {
    id: 'S35',
    title: 'istiod looks into the namespaces of our objects',
    severity: 'error',
    fix: 'Give the namespace a label that discoverySelectors of the MeshConfig select: until then the object does nothing.',
    find: ({ snapshot, isOurs }) =>
      snapshot.undiscovered
        .filter(isOurs)
        .map((object) => flaw(object, 'metadata.namespace', `${object.namespace} is left out by discoverySelectors`)),
  },
];

function shares({ world }: CheckContext): readonly Flaw[] {
  return world.registry.leadingOutside.flatMap(({ id, endpoints }) =>
    endpoints
      .filter(({ by, at }) => by !== id && at !== '' && !by.startsWith('ServiceEntry/'))
      .map(({ by, at }) => flaw({ id: by }, '', `puts ${at} behind ${id}`)),
  );
}
