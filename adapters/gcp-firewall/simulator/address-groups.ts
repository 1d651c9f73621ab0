import { Refusal } from '../../../kit/simulator/refusal.ts';
import { json } from '../../../kit/simulator/answers.ts';
import type { SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { checkGroup } from './checks.ts';
import type { Operations } from './operations.ts';
import { invalid, notFound } from './refusals.ts';
import { expectShape } from './shapes.ts';
import { texts } from '../../../kit/simulator/json-values.ts';
import { names, usersOf, withGroup, type State } from './state.ts';

/* `projects.locations.addressGroups` of networksecurity v1. */

export interface GroupCall {
  readonly method: string;
  readonly location: string;
  /** Empty: the list. */
  readonly name: string;
  /** `addItems`, ...; empty: the group itself. */
  readonly verb: string;
  readonly query: URLSearchParams;
  readonly body: () => JsonObject;
}

export interface GroupSettings {
  readonly pageSize: number;
  /** Is the API switched on in the project? */
  readonly hasAddressGroups: boolean;
}

export class AddressGroups {
  readonly #operations: Operations;
  readonly #settings: GroupSettings;

  constructor(operations: Operations, settings: GroupSettings) {
    this.#operations = operations;
    this.#settings = settings;
  }

  /** @throws Refusal */
  answer(call: GroupCall): SimulatedResponse {
    const { method, name, verb } = call;
    if (!this.#settings.hasAddressGroups)
      throw new Refusal(
        403,
        'SERVICE_DISABLED',
        'Network Security API has not been used in project 1 before or it is disabled.',
      );
    if (name === '') return method === 'POST' ? this.#create(call) : this.#list(call);
    switch (`${method} ${verb}`) {
      case 'GET ':
        return json(200, shown(this.#group(call)));
      case 'PATCH ':
        return this.#patch(call);
      case 'DELETE ':
        return this.#delete(call);
      case 'POST addItems':
      case 'POST removeItems':
        return this.#changeItems(call);
      case 'GET listReferences':
        return this.#references(call);
      default:
        throw notFound(`${name}:${verb}`);
    }
  }

  get #state(): State {
    return this.#operations.held.now;
  }

  #group({ location, name }: Pick<GroupCall, 'location' | 'name'>): JsonObject {
    const found = this.#state.groups.get(`${location}/${name}`);
    if (found === undefined) throw notFound(pathOf({ location, name }));
    return found;
  }

  #list({ location, query }: GroupCall): SimulatedResponse {
    const all = [...this.#state.groups]
      .filter(([key]) => key.startsWith(`${location}/`))
      .map(([, group]) => shown(group));
    const from = Number(query.get('pageToken') ?? 0);
    const next = from + Math.min(this.#settings.pageSize, Number(query.get('pageSize') ?? 500));
    return json(200, {
      ...(all.length > 0 && { addressGroups: all.slice(from, next) }),
      ...(next < all.length && { nextPageToken: String(next) }),
    });
  }

  #create({ location, query, body }: GroupCall): SimulatedResponse {
    const group = body();
    checkGroup(group);
    const name = query.get('addressGroupId') ?? '';
    if (!/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) throw invalid(`Invalid addressGroupId '${name}'.`);
    const path = pathOf({ location, name });
    if (this.#state.groups.has(`${location}/${name}`))
      throw new Refusal(409, 'ALREADY_EXISTS', `Resource '${path}' already exists`);
    return this.#put({ location, name }, { ...group, name: path });
  }

  /** Capacity and type stay as they were made. */
  #patch(call: GroupCall): SimulatedResponse {
    const found = this.#group(call);
    const body = call.body();
    const mask = (call.query.get('updateMask') ?? Object.keys(body).join(',')).split(',');
    expectShape('AddressGroup', body);
    const fixed = mask.find((field) => field === 'capacity' || field === 'type');
    if (fixed !== undefined) throw invalid(`${fixed}: cannot be changed.`);
    const changed = Object.fromEntries(Object.entries(body).filter(([field]) => mask.includes(field)));
    return this.#checkedPut(call, { ...found, ...changed });
  }

  #changeItems(call: GroupCall): SimulatedResponse {
    const found = this.#group(call);
    const body = call.body();
    const isAdding = call.verb === 'addItems';
    expectShape(isAdding ? 'AddAddressGroupItemsRequest' : 'RemoveAddressGroupItemsRequest', body);
    const given = texts(body['items']);
    const own = texts(found['items']);
    const items = isAdding ? [...new Set([...own, ...given])] : own.filter((item) => !given.includes(item));
    return this.#checkedPut(call, { ...found, items });
  }

  #checkedPut(call: GroupCall, group: JsonObject): SimulatedResponse {
    checkGroup(group);
    return this.#put(call, group);
  }

  #put(group: Pick<GroupCall, 'location' | 'name'>, content: JsonObject): SimulatedResponse {
    this.#expectNotRefused(group.name);
    return this.#start(group, (state) => withGroup(state, keyOf(group), content));
  }

  #delete(call: GroupCall): SimulatedResponse {
    this.#group(call);
    this.#expectNotRefused(call.name);
    if (usersOf(this.#state, keyOf(call)).length > 0)
      throw new Refusal(400, 'FAILED_PRECONDITION', `Resource '${pathOf(call)}' is in use.`);
    return this.#start(call, (state) => withGroup(state, keyOf(call), undefined));
  }

  #references(call: GroupCall): SimulatedResponse {
    this.#group(call);
    const users = usersOf(this.#state, keyOf(call));
    return json(200, {
      addressGroupReferences: users.map(({ policy, priority }) => ({
        firewallPolicy: policy.name,
        rulePriority: priority,
      })),
    });
  }

  #expectNotRefused(name: string): void {
    const marked = this.#operations.held.refusedIn(`addressGroups/${name}/`);
    if (marked !== undefined) throw invalid(`${marked} is refused.`);
  }

  #start(group: Pick<GroupCall, 'location' | 'name'>, effect: (state: State) => State): SimulatedResponse {
    const scope = `locations/${group.location}`;
    return this.#operations.start({
      service: 'networksecurity',
      scope,
      target: `${scope}/addressGroups/${group.name}`,
      effect,
    });
  }
}

function keyOf({ location, name }: Pick<GroupCall, 'location' | 'name'>): string {
  return `${location}/${name}`;
}

function pathOf({ location, name }: Pick<GroupCall, 'location' | 'name'>): string {
  return `projects/${names.project}/locations/${location}/addressGroups/${name}`;
}

function shown(group: JsonObject): JsonObject {
  return { purpose: ['DEFAULT'], ...group };
}
