import { bodyOf, decodedUri, read, type Call, type Reply } from '../api/call.ts';
import { badValue, Failure, notAllowed, Rejection } from '../api/failure.ts';
import type { Device } from '../device.ts';
import { answerConfiguration, refuseNames } from '../objects/configuration.ts';
import { failed, shown, shownCommand, transactionOf, type Command, type Transaction } from './transactions.ts';

/** `/mgmt/tm/transaction...`, and every write with a coordination id; undefined for everything else. */
export function answerTransaction(
  device: Device,
  call: Call,
  { coordination, uri }: { readonly coordination: string | undefined; readonly uri: string },
): Reply | undefined {
  if (call.segments[1] === 'transaction' && coordination === undefined) return manage(device, call);
  // Reads are answered at once, from the configuration as it is.
  if (coordination === undefined || call.method === 'GET') return undefined;
  bodyOf(call);
  const open = transactionOf(device.transactions, coordination);
  const added = { id: (open.commands.at(-1)?.id ?? 0) + 1, method: call.method, uri, body: call.body };
  device.transactions.put({ ...open, commands: [...open.commands, added] });
  return read(shownCommand(coordination, added, device.settings.profile.version));
}

function manage(device: Device, call: Call): Reply {
  const { transactions } = device;
  const { version, transactionSeconds } = device.settings.profile;
  const [, , id, commands, command] = call.segments;
  if (id === undefined) {
    if (call.method === 'POST') {
      const now = device.settings.now();
      // Microseconds since the epoch, on a real device too.
      const about = { id: transactions.nextId(now * 1_000 + 1), expiresAt: now + transactionSeconds * 1_000 };
      const empty = { timeoutSeconds: transactionSeconds, state: 'STARTED', failure: '', commands: [] } as const;
      return read(shown(transactions.put({ ...about, ...empty }), 'STARTED', false, version));
    }
    if (call.method !== 'GET') throw notAllowed(call.method);
    return read({ items: transactions.list().map((open) => shown(open, open.state, false, version)) });
  }
  const open = transactionOf(transactions, id);
  if (commands !== undefined) return answerCommands(device, call, open, command);
  switch (call.method) {
    case 'GET':
      return read(shown(open, open.state, false, version));
    case 'PATCH':
      return commit(device, call, open);
    case 'DELETE':
      transactions.end(open.id);
      return read(shown(open, open.state, false, version));
    default:
      throw notAllowed(call.method);
  }
}

function answerCommands(device: Device, call: Call, open: Transaction, wanted: string | undefined): Reply {
  const { version } = device.settings.profile;
  const show = (command: Command) => shownCommand(String(open.id), command, version);
  if (wanted === undefined) return read({ items: open.commands.map(show) });
  const found = open.commands.find(({ id }) => String(id) === wanted);
  if (found === undefined) throw new Rejection(404, `Command not found: ${wanted}`);
  if (call.method === 'GET') return read(show(found));
  if (call.method !== 'DELETE') throw notAllowed(call.method);
  device.transactions.put({ ...open, commands: open.commands.filter((command) => command !== found) });
  return read(show(found));
}

/** All or nothing: the commands run one after the other on a copy, which becomes the running configuration. */
function commit(device: Device, call: Call, open: Transaction): Reply {
  const { state, validateOnly = false } = bodyOf(call);
  if (state !== 'VALIDATING') throw badValue('state', state);
  if (typeof validateOnly !== 'boolean') throw badValue('validateOnly', validateOnly);
  if (open.commands.length === 0) throw failed('there is no command to commit in the transaction');
  const { version } = device.settings.profile;
  const store = device.store.fork();
  try {
    for (const command of open.commands) run(device, call, command, store);
  } catch (error) {
    if (!(error instanceof Failure || error instanceof Rejection)) throw error;
    device.transactions.put({ ...open, state: 'FAILED', failure: error.message });
    throw failed(error.message);
  }
  // A dry run leaves the transaction open (a guess).
  if (validateOnly) return read(shown(open, 'COMPLETED', true, version));
  device.transactions.end(open.id);
  device.adopt(store);
  return { ...read(shown(open, 'COMPLETED', false, version)), wrote: true };
}

function run(device: Device, { user }: Call, { method, uri, body }: Command, store: Device['store']): void {
  const { segments, query } = decodedUri(uri);
  refuseNames(device.refused, { method, segments, body });
  answerConfiguration(device.workspace(store), device.renderer, { method, segments, query, body, user });
}
