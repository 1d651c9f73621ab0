import type { Live, Observed } from '../../src/adapter/adapter.ts';
import type { Capabilities } from '../../src/adapter/capabilities.ts';
import type {
  KubernetesObject,
  KubernetesObjects,
  ObjectContent,
  ObjectKind,
} from '../../src/adapter/kubernetes-objects.ts';
import type { Resource } from '../../src/core/model/resource.ts';

/** What an adapter says of the Kubernetes objects of its points: their kinds, and how they stand for resources. */
export interface ObjectLayer<R extends Resource> {
  readonly kinds: readonly ObjectKind[];
  /** Keys of labels outside our domain that we set, because the component that applies the objects reads them. */
  readonly labels?: readonly string[];
  /** The same of annotations. */
  readonly annotations?: readonly string[];
  /** The object for a resource, without our mark. */
  toObject(resource: R): ObjectContent;
  /**
   * The resource of an object, equal to the lowered one if the object was not changed. It gets the object without
   * foreign labels and annotations, and without our mark.
   */
  toResource(object: KubernetesObject): R;
  /** What the cluster supports. @throws AdapterError naming what is missing */
  probe(objects: KubernetesObjects): Promise<Capabilities>;
  /** Foreign objects that would undo or contradict ours. */
  foreignCollisions?(objects: KubernetesObjects, ours: readonly R[]): Promise<Observed['foreign']>;
  /** Whether the objects are applied, where the component that does it reports so. */
  live?(objects: KubernetesObjects, written: Written<R>): Promise<Live>;
}

/** What is there of ours, and since when. Milliseconds since the epoch; 0: not known. */
export interface Written<R extends Resource> {
  readonly objects: readonly {
    readonly resource: R;
    /** When it was last written, rounded down to a full second. */
    readonly writtenAt: number;
  }[];
  /** When this session deleted one last. */
  readonly removedAt: number;
}
