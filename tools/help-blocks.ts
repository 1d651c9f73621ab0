import { runPostern } from '../src/cli/testing/run-postern.ts';

const block = /^```text\n\$ postern(?: (\w[\w-]*(?: \w[\w-]*)?))? --help\n[^]*?^```$/gm;

/** The commands whose help a page shows; empty for that of all together. */
export function commandsShown(page: string): readonly string[] {
  return [...page.matchAll(block)].map(([, command = '']) => command);
}

/** A page as it is to be: each block that begins with `$ postern COMMAND --help` holds what that prints now. */
export async function withHelp(page: string): Promise<string> {
  const help = new Map<string, string>();
  for (const command of commandsShown(page)) help.set(command, await helpOf(command));
  return page.replaceAll(block, (_, command: string | undefined = '') => {
    const line = ['$ postern', command, '--help'].filter(Boolean).join(' ');
    return `\`\`\`text\n${line}\n${help.get(command) ?? ''}\`\`\``;
  });
}

/** What a person with an empty environment reads on a terminal of 100 columns. */
export async function helpOf(command: string): Promise<string> {
  const { out } = await runPostern([...command.split(' '), '--help'].filter(Boolean), { width: 100 });
  return out;
}
