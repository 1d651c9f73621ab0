import { tableEntries } from '../src/cli/explain/pages.ts';

/** The type of the codes in each section of the page of problems, by its heading. */
const types: Readonly<Record<string, string>> = {
  'Reading files': 'FileCode',
  "Fields of Postern's kinds": 'FieldCode',
  'What the compiler finds': 'CompilerCode',
  'What lint also checks': 'LintCode',
  'What lint finds in a mesh': 'MeshCheckId',
  'What an import reports': 'ImportCode',
  'What a point cannot express': 'LossCode',
  'What holds a plan back': 'GuardCode',
  'What a device answers': 'DeviceCode',
  'What a report marks': 'ReportCode',
  'What is found in the audit record': 'RecordFault',
};

/** The codes of the page as types, so that code without a row there does not compile. */
export function problemCodes(page: string): string {
  const entries = tableEntries(page);
  const unions = Object.entries(types).map(([heading, type]) => {
    const codes = entries.filter(({ under }) => under[0] === heading).map(({ term }) => `'${term}'`);
    if (codes.length === 0) throw new Error(`the page of problems has no section "${heading}" with codes`);
    const lines = codes
      .join(' | ')
      .replaceAll(/(.{1,100})(?: \| |$)/g, '  | $1\n')
      .trimEnd();
    return `/** ${heading}. */\n// prettier-ignore\nexport type ${type} =\n${lines};\n`;
  });
  return `// Generated from docs/reference/problems.md by npm run generate.\n\n${unions.join('\n')}`;
}
