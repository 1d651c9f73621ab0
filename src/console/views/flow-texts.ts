import type { AuditRule, BegunRecord } from '../../core/audit/record.ts';
import type { FlowText } from './shapes.ts';
import { firstFew } from '../../core/text/wording.ts';

/** What one write let out, and what it shut off. */
export interface Effect {
  readonly opened: readonly FlowText[];
  readonly closed: readonly FlowText[];
}

const nothing: Effect = { opened: [], closed: [] };

/**
 * Rules and groups on one device as its record tells them, to say which flows each write opened. A rule that several
 * objects stand for opens with the first of them and closes with the last.
 */
export class DeviceFlows {
  readonly #titles = new Map<string, string>();
  readonly #rules = new Map<string, AuditRule>();
  /** Names of the objects that stand for a rule. */
  readonly #objects = new Map<string, Set<string>>();

  /** The device has carried it out. */
  done(write: BegunRecord): Effect {
    const { id, op, rule, title, kind, name } = write;
    if (id === undefined || op === 'move') return nothing;
    const known = this.#rules.get(id);
    const object = `${kind} ${name}`;
    if (op === 'delete') return known === undefined ? nothing : this.#gone(id, object, known);
    if (rule !== undefined) return this.#ruled(id, object, rule, known);
    if (title !== undefined) this.#titles.set(id, title);
    return this.#members(id, write);
  }

  #ruled(id: string, object: string, rule: AuditRule, known: AuditRule | undefined): Effect {
    this.#rules.set(id, rule);
    this.#objects.set(id, (this.#objects.get(id) ?? new Set()).add(object));
    if (known === undefined) return this.#effect(rule.action, [this.#text(rule)], []);
    const [more, less] = [beyond(rule, known), beyond(known, rule)];
    return this.#effect(
      rule.action,
      more.map((part) => this.#text(part)),
      less.map((part) => this.#text(part)),
    );
  }

  #gone(id: string, object: string, rule: AuditRule): Effect {
    const objects = this.#objects.get(id);
    objects?.delete(object);
    if (objects !== undefined && objects.size > 0) return nothing;
    this.#rules.delete(id);
    this.#objects.delete(id);
    return this.#effect(rule.action, [], [this.#text(rule)]);
  }

  #members(id: string, { add, remove, omitted }: BegunRecord): Effect {
    const [joins, leaves] = [
      counted(add ?? [], omitted?.add?.count ?? 0),
      counted(remove ?? [], omitted?.remove?.count ?? 0),
    ];
    if (joins === '' && leaves === '') return nothing;
    const effects = [...this.#rules.values()]
      .filter(({ sources }) => sources.includes(id))
      .map((rule) => {
        const line = (addresses: string): FlowText[] =>
          addresses === '' ? [] : [{ ...this.#text({ ...rule, sources: [id] }), addresses }];
        return this.#effect(rule.action, line(joins), line(leaves));
      });
    return { opened: effects.flatMap(({ opened }) => opened), closed: effects.flatMap(({ closed }) => closed) };
  }

  /** More of a rule that denies shuts off. */
  #effect(action: AuditRule['action'], more: readonly FlowText[], less: readonly FlowText[]): Effect {
    return action === 'Accept' ? { opened: more, closed: less } : { opened: less, closed: more };
  }

  #text({ sources, destination: { any, names, networks }, ports }: AuditRule): FlowText {
    const who = sources.map((source) => this.#titles.get(source) ?? source);
    return {
      who: who.sort().join(' + '),
      addresses: '',
      to: any ? 'anywhere' : firstFew([...names, ...networks], shown),
      ports,
    };
  }
}

/** What one version of a rule is about beyond another: its sources, its destinations, or all of it on other ports. */
function beyond(rule: AuditRule, other: AuditRule): readonly AuditRule[] {
  if (rule.ports !== other.ports || rule.action !== other.action) return [rule];
  const sources = rule.sources.filter((source) => !other.sources.includes(source));
  const { any, names, networks } = rule.destination;
  if (any !== other.destination.any) return any ? [rule] : [];
  const more = {
    any: false,
    names: names.filter((name) => !other.destination.names.includes(name)),
    networks: networks.filter((network) => !other.destination.networks.includes(network)),
  };
  const places = more.names.length + more.networks.length > 0 ? [{ ...rule, destination: more }] : [];
  return sources.length > 0 ? [{ ...rule, sources }, ...places] : places;
}

const shown = 4;

function counted(members: readonly string[], omitted: number): string {
  const count = omitted || members.length;
  if (count === 0) return '';
  return count <= 2 && omitted === 0 ? members.join(', ') : `${count} addresses`;
}
