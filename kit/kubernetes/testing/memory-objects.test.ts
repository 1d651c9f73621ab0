import { describeObjects, networkPolicies } from '../../../test/kit/kubernetes-objects-contract.ts';
import { MemoryObjects } from './memory-objects.ts';

describeObjects('in memory', () => {
  const objects = new MemoryObjects([{ ...networkPolicies, versions: ['v1'] }]);
  return Promise.resolve({
    objects,
    meddle: async (object) => {
      await Promise.resolve();
      objects.put(object);
    },
    clean: async () => {
      await Promise.resolve();
      objects.clear();
    },
  });
});
