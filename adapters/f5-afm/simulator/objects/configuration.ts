import { textAt } from '../../../../kit/simulator/tables/rows.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { bodyOf, read, wrote, type Call, type Reply } from '../api/call.ts';
import { accessDenied, misconfigured, notAllowed, refused } from '../api/failure.ts';
import type { Entry } from '../tables/schema.ts';
import { listOptions } from './list-options.ts';
import { filtered, paged, selected } from './query.ts';
import type { Renderer } from './render.ts';
import { needItem, resourceOf, type Resource } from './resource.ts';
import { createRule, modifyRule, removeRule, replaceRule, ruleOf } from './rules.ts';
import { existing, type Workspace } from './workspace.ts';
import { create, modify, remove, replace } from './write.ts';

/** `/mgmt/tm/...`: the configuration, object by object. */
export function answerConfiguration(work: Workspace, renderer: Renderer, call: Call): Reply {
  const resource = resourceOf(work.schemas, work.profile, call.segments.slice(1));
  if (call.method === 'GET') return read(readResource(work, renderer, resource, call.query));
  mayWrite(call, resource);
  return resource.rule === undefined
    ? writeObject(work, renderer, resource, call)
    : writeRule(work, renderer, resource, resource.rule, call);
}

function readResource(work: Workspace, renderer: Renderer, resource: Resource, query: URLSearchParams): JsonObject {
  const { schema, path, fullPath, rule } = resource;
  const expand = query.get('expandSubcollections') === 'true';
  if (fullPath === undefined) {
    const all = filtered(work.store.rows(schema.id).values(), query);
    const { items, page } = paged(all, query, `https://localhost/mgmt/tm${path}?ver=${work.profile.version}`);
    const shown = items.map((entry) => selected(renderer.item(path, schema, entry, expand), query));
    return { ...renderer.collection(path, shown), ...page };
  }
  const entry = existing(work.store, schema, fullPath);
  if (rule === undefined) return selected(renderer.item(path, schema, entry, expand), query);
  if (rule === '') return renderer.rules(path, schema, entry);
  return selected(renderer.rule(path, schema, entry, ruleOf(entry, rule)), query);
}

function writeObject(work: Workspace, renderer: Renderer, resource: Resource, call: Call): Reply {
  const { schema, path } = resource;
  const show = (entry: Entry): Reply => wrote(renderer.item(path, schema, entry, false));
  switch (call.method) {
    case 'POST':
      if (resource.fullPath !== undefined) throw notAllowed('POST');
      return show(create(work, schema, bodyOf(call)));
    case 'PATCH': {
      const fullPath = needItem(resource, 'PATCH');
      const options = call.query.get('options');
      if (options === null) return show(modify(work, schema, fullPath, bodyOf(call)));
      return show(modify(work, schema, fullPath, listOptions(schema, existing(work.store, schema, fullPath), options)));
    }
    case 'PUT':
      return show(replace(work, schema, needItem(resource, 'PUT'), bodyOf(call)));
    case 'DELETE':
      remove(work, schema, needItem(resource, 'DELETE'));
      return wrote();
    default:
      throw notAllowed(call.method);
  }
}

function writeRule(work: Workspace, renderer: Renderer, resource: Resource, rule: string, call: Call): Reply {
  const { schema, path } = resource;
  const parent = needItem(resource, call.method);
  const show = (entry: Entry): Reply => wrote(renderer.rule(path, schema, existing(work.store, schema, parent), entry));
  if ((call.method === 'POST') !== (rule === '')) throw notAllowed(call.method);
  switch (call.method) {
    case 'POST':
      return show(createRule(work, schema, parent, bodyOf(call)));
    case 'PATCH':
      return show(modifyRule(work, schema, parent, rule, bodyOf(call)));
    case 'PUT':
      return show(replaceRule(work, schema, parent, rule, bodyOf(call)));
    case 'DELETE':
      removeRule(work, schema, parent, rule);
      return wrote();
    default:
      throw notAllowed(call.method);
  }
}

/** Text that looks like a tag is refused wherever it stands. */
export function refuseTags(...texts: readonly string[]): void {
  if (texts.some((text) => /[<>]/.test(text))) throw refused('HTML Tag-like Content in the Request URL/Body');
}

/** @throws Failure where the call would write to one of these names: in the path, or of what is created */
export function refuseNames(
  names: ReadonlySet<string>,
  { method, segments, body }: Omit<Call, 'query' | 'user'>,
): void {
  if (method === 'GET' || names.size === 0) return;
  const written = [...segments.flatMap((segment) => segment.split('~')), textAt(bodyOf({ body }), 'name')];
  const name = written.find((one) => names.has(one));
  if (name !== undefined) throw misconfigured(`${name} is refused`);
}

function mayWrite({ user, body }: Call, { fullPath }: Resource): void {
  const partition = fullPath?.split('/')[1] ?? partitionIn(body);
  const may = user.role !== 'guest' && user.role !== 'operator';
  if (!may || (user.partition !== undefined && user.partition !== partition)) {
    throw accessDenied(user.name, partition);
  }
}

function partitionIn(body: string): string {
  const given = bodyOf({ body });
  const name = textAt(given, 'name');
  if (name.startsWith('/')) return name.split('/')[1] ?? '';
  const partition = textAt(given, 'partition');
  return partition === '' ? 'Common' : partition;
}
