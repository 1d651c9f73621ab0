import type { Destination } from '../../model/desired.ts';
import { destinationCovers, intersectDestinations } from '../../net/destination.ts';
import { intersectPorts, portsCover, type Ports } from '../../net/ports.ts';
import { conjoinSubjects, subjectImplies, type Subject } from '../../select/subject.ts';

/** The flows that a rule is about: who, where to, and over which ports. */
export interface Match {
  readonly subject: Subject;
  readonly destination: Destination;
  readonly ports: Ports;
}

/** Is every flow of `inner` one of `outer`, whatever pods there are? */
export function matchCovers(outer: Match, inner: Match): boolean {
  return (
    portsCover(outer.ports, inner.ports) &&
    subjectImplies(inner.subject, outer.subject) &&
    destinationCovers(outer.destination, inner.destination)
  );
}

/** What two regions share. */
export interface Overlap {
  readonly subject: Subject;
  readonly ports: Ports;
  /** The part that can be written down; never more than the truth, and undefined when there is none. */
  readonly destination: Destination | undefined;
  /** False when a name meets a network, so that there may be more. */
  readonly exact: boolean;
}

/** What two regions may share, or undefined when they provably share nothing. `a` decides the `appProtocol` of ports. */
export function intersectMatches(a: Match, b: Match): Overlap | undefined {
  const ports = intersectPorts(a.ports, b.ports);
  const subject = ports && conjoinSubjects(a.subject, b.subject);
  if (!subject) return undefined;
  const { destination, exact } = intersectDestinations(a.destination, b.destination);
  return destination || !exact ? { subject, ports, destination, exact } : undefined;
}
