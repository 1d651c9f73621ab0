import { z } from 'zod';

/*
 * The objects of F5 Container Egress Services (https://github.com/f5devcentral/container-egress-service, kinds of
 * kubeovn.io/v1alpha1) and those of Kubernetes that it looks at, as loosely as its CRDs check them.
 */

const texts = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});

const metadata = z.looseObject({
  name: z.string().min(1),
  namespace: z.string().default(''),
  labels: texts,
  annotations: texts,
});

function list<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .nullish()
    .transform((value) => value ?? []);
}

const port = z.looseObject({
  protocol: z.string().default(''),
  /** `53`, `80,443,8000-8100`; a number where YAML had no quotes. */
  port: z
    .union([z.string(), z.number()])
    .nullish()
    .transform((value) => String(value ?? '')),
  bandwidth: z.string().default(''),
});

const rule = z.looseObject({
  action: z.string().default(''),
  logging: z.boolean().default(false),
  externalServices: list(z.string()),
});

const addresses = list(z.looseObject({ ip: z.string() }));

export const shapes = {
  ExternalService: z.looseObject({ metadata, spec: z.looseObject({ addresses: list(z.string()), ports: list(port) }) }),
  ClusterEgressRule: z.looseObject({ metadata, spec: rule }),
  NamespaceEgressRule: z.looseObject({ metadata, spec: rule }),
  ServiceEgressRule: z.looseObject({ metadata, spec: rule.extend({ service: z.string().default('') }) }),
  Namespace: z.looseObject({ metadata }),
  Service: z.looseObject({ metadata, spec: z.looseObject({ selector: texts }).default({ selector: {} }) }),
  Endpoints: z.looseObject({ metadata, subsets: list(z.looseObject({ addresses })) }),
  Pod: z.looseObject({
    metadata,
    spec: z.looseObject({ hostNetwork: z.boolean().default(false) }).default({ hostNetwork: false }),
    status: z
      .looseObject({ phase: z.string().default(''), podIP: z.string().optional(), podIPs: addresses })
      .default({ phase: '', podIPs: [] }),
  }),
} as const;

export type CesKind = keyof typeof shapes;
export type Shape<K extends CesKind> = z.output<(typeof shapes)[K]>;

/** Group and version under which each kind is read. */
export const versions: Readonly<Record<CesKind, string>> = {
  ExternalService: 'kubeovn.io/v1alpha1',
  ClusterEgressRule: 'kubeovn.io/v1alpha1',
  NamespaceEgressRule: 'kubeovn.io/v1alpha1',
  ServiceEgressRule: 'kubeovn.io/v1alpha1',
  Namespace: 'v1',
  Service: 'v1',
  Endpoints: 'v1',
  Pod: 'v1',
};
