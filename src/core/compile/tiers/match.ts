import type { Destination } from '../../model/desired.ts';
import { destinationCovers, intersectDestinations } from '../../destinations/destination.ts';
import { intersectPorts, portsCover, type Ports } from '../../destinations/ports.ts';
import type { Labels } from '../../model/snapshot.ts';
import { conjoinSubjects, subjectImplies, subjectImpliesWithin, type Subject } from '../../select/subject.ts';

/** Which flows a rule matches: from whom, where to, and over which ports. */
export interface Match {
  readonly subject: Subject;
  readonly destination: Destination;
  readonly ports: Ports;
}

export function matchOf({ subject, destination, ports }: Match): Match {
  return { subject, destination, ports };
}

/** Does `outer` match every flow that `inner` matches, whatever pods there are? */
export function matchCovers(outer: Match, inner: Match): boolean {
  return (
    portsCover(outer.ports, inner.ports) &&
    subjectImplies(inner.subject, outer.subject) &&
    destinationCovers(outer.destination, inner.destination)
  );
}

/** As `matchCovers`, of an `inner` within one namespace, which has these labels, and an `outer` of the whole cluster. */
export function matchCoversWithin(labels: Labels, outer: Match, inner: Match): boolean {
  return (
    portsCover(outer.ports, inner.ports) &&
    subjectImpliesWithin(labels, inner.subject, outer.subject) &&
    destinationCovers(outer.destination, inner.destination)
  );
}

export interface Overlap {
  readonly subject: Subject;
  readonly ports: Ports;
  /** The part that can be written down; never more than the truth, and undefined when there is none. */
  readonly destination: Destination | undefined;
  /** False when a name meets a network, so that there may be more. */
  readonly exact: boolean;
}

/** The flows that both may match; undefined when there provably are none. `a` decides the `appProtocol` of ports. */
export function intersectMatches(a: Match, b: Match): Overlap | undefined {
  const ports = intersectPorts(a.ports, b.ports);
  const subject = ports && conjoinSubjects(a.subject, b.subject);
  if (!subject) return undefined;
  const { destination, exact } = intersectDestinations(a.destination, b.destination);
  return destination || !exact ? { subject, ports, destination, exact } : undefined;
}
