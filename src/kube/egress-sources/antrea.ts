import { z } from 'zod';
import { readBy } from '../kinds/core-kinds.ts';
import { addressesOf, addressSchema, named, selectorSchema, subjectOf, type EgressSourceKind } from './kind.ts';

const address = addressSchema.or(z.literal('')).nullish();
const schema = z.object({
  metadata: named,
  spec: z.object({
    appliedTo: z.object({ namespaceSelector: selectorSchema, podSelector: selectorSchema }).nullish(),
    egressIP: address,
    egressIPs: z.array(addressSchema).nullish(),
  }),
  status: z.object({ egressIP: address }).nullish(),
});

/** Antrea. Out of an ExternalIPPool the controller writes the address into the object. https://antrea.io/docs/main/docs/egress/ */
export const egress: EgressSourceKind = {
  kind: 'Egress',
  apiVersion: 'crd.antrea.io/v1beta1',
  plural: 'egresses',
  read: (input) =>
    readBy(schema, input, ({ metadata: { name }, spec, status }) => {
      const { appliedTo, egressIP, egressIPs } = spec;
      const chosen = appliedTo?.namespaceSelector ?? appliedTo?.podSelector;
      return {
        id: `Egress/${name}`,
        takes: appliedTo && chosen ? [subjectOf(appliedTo)] : [],
        addresses: addressesOf([egressIP, ...(egressIPs ?? []), status?.egressIP]),
        object: input,
      };
    }),
};
