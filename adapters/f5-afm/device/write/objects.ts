import { unlessRefused } from '../../../../kit/common/api/answers.ts';
import type { Operations } from '../../../../kit/common/dispatch.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Call } from '../../api/client.ts';
import { changedAttributes, newAttributes } from '../../objects/attributes.ts';
import { pathOf } from '../../objects/names.ts';
import type { Work } from '../device.ts';

/** Where an object is on the device, and what its creation says beside its attributes. */
export interface Location {
  /** The collection that it is made in. */
  readonly all: Omit<Call, 'method'>;
  readonly one: Omit<Call, 'method'>;
  /** Its name, and its place. */
  readonly identity: JsonObject;
}

type ObjectOperations = Required<Pick<Operations<Work>, 'create' | 'update' | 'delete'>>;

/** Objects with a path of their own. */
export const objectOperations = operationsAt(({ config }, kind, name) => {
  const collection = `tm/${kind}`;
  const { partition } = config;
  return { all: { collection }, one: { collection, object: pathOf(config, name) }, identity: { name, partition } };
});

/** The same three requests wherever the objects of a kind are. */
export function operationsAt(locate: (work: Work, kind: string, name: string) => Location): ObjectOperations {
  return {
    create: (work, { key, after }) => {
      const { all, identity } = locate(work, key.kind, key.name);
      return work.ask({ method: 'POST', ...all, body: { ...identity, ...newAttributes(key.kind, after.spec) } });
    },
    update: (work, { key, before, after }) => {
      const { one } = locate(work, key.kind, key.name);
      return work.ask({ method: 'PATCH', ...one, body: changedAttributes(key.kind, before.spec, after.spec) });
    },
    delete: (work, { key }) => {
      const { one } = locate(work, key.kind, key.name);
      return unlessRefused(work.ask({ method: 'DELETE', ...one }), 'not-found');
    },
  };
}
