import { initContainer } from '../kinds/sidecar.ts';
import { readInto, sizedPart, table, type Part } from '../../../kit/protobuf/reader.ts';
import { startsWithOneOf } from './shared-fields.ts';

interface HasInitArgs {
  initArgs: readonly string[] | undefined;
  isDoubtful: boolean;
}

class ContainerParts {
  name = '';
  readonly command: string[] = [];
  readonly args: string[] = [];
  /** Where the last of both ends. */
  end = 0;
}

/**
 * The words of `command` and `args` of `istio-init`. Most pods of a mesh have the same: the bytes of the last one, up to where
 * these end, are remembered, and of another that begins so they are not decoded again.
 */
export function initArgs<T extends HasInitArgs>(): Part<T> {
  const fields = table<ContainerParts>({
    1: sizedPart('name', (into, wire, end) => void (into.name = wire.text(end))),
    3: words('command'),
    4: words('args'),
  });
  const isWanted = startsWithOneOf([initContainer]);
  let [last, remembered]: [Buffer, readonly string[]] = [Buffer.alloc(0), []];
  return sizedPart('initContainers', (pod, wire, end) => {
    if (!isWanted(wire, end)) {
      wire.at = end;
      return;
    }
    const start = wire.at;
    const isKnown = last.length > 0 && start + last.length <= end && beginsWith(wire.bytes, start, last);
    if (isKnown) wire.at += last.length;
    const read = readInto(fields, new ContainerParts(), wire, end);
    // Twice there is none of this name.
    if (pod.initArgs !== undefined || (isKnown && (read.end > 0 || read.name !== ''))) pod.isDoubtful = true;
    if (isKnown) pod.initArgs = remembered;
    if (isKnown || read.name !== initContainer || read.end === 0) return;
    last = Buffer.from(wire.bytes.subarray(start, read.end));
    pod.initArgs = remembered = [...read.command, ...read.args];
  });
}

function words(name: 'command' | 'args'): Part<ContainerParts> {
  return sizedPart(name, (into, wire, end) => {
    into[name].push(wire.text(end));
    into.end = end;
  });
}

function beginsWith(bytes: Buffer, start: number, beginning: Buffer): boolean {
  for (let i = 0; i < beginning.length; i += 1) if (bytes[start + i] !== beginning[i]) return false;
  return true;
}
