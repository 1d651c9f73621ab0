import { html as template } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

/** Markup in which every value has been escaped. */
export type Html = HtmlEscapedString;
type Value = string | number | false | null | undefined | Html | readonly Value[];

/**
 * A template that escapes every value except markup; `false`, `null` and `undefined` are left out. Not called `html`, because
 * prettier would lay out templates of that name, and the white space would show on the page.
 */
export function markup(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  // hono returns a promise only when a value is one, which `Value` rules out.
  return template(strings, ...values) as Html;
}

/** Everything up to `<body>`: one page without scripts that loads nothing. */
export function pageHead(title: string, style: Html): Html {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
`;
}

/**
 * A table from its first tag to the end of its head. Roles are written out because browsers forget them when a style sheet
 * shows the table as blocks on a narrow screen.
 *
 * @param titles of the columns; those that begin with `#` hold numbers
 */
export function tableHead(kind: string, titles: readonly string[], caption = ''): Html {
  const headings = titles.map((title) => {
    const number = title.startsWith('#');
    return markup`<th role="columnheader" scope="col"${number && markup` class="number"`}>${number ? title.slice(1) || '#' : title}</th>`;
  });
  return markup`<table role="table" class="${kind}">
${caption !== '' && markup`<caption>${caption}</caption>\n`}<thead role="rowgroup"><tr role="row">${headings}</tr></thead>
`;
}

export function headerCell(content: Value, kind = ''): Html {
  return markup`<th role="rowheader" scope="row"${kind !== '' && markup` class="${kind}"`}>${content}</th>`;
}

/** @param title of its column, which a narrow screen shows beside it */
export function cell(title: string, content: Value, kind = ''): Html {
  return markup`<td role="cell" data-label="${title}"${kind !== '' && markup` class="${kind}"`}>${content}</td>`;
}

export const small = (...content: readonly Value[]): Html => markup`<small>${content}</small>`;
export const strong = (kind: string, content: Value): Html => markup`<strong class="${kind}">${content}</strong>`;

/** `2026-01-31 12:00`, with the exact time in its attribute. */
export function when(text: string): Html {
  return markup`<time datetime="${text}">${text.slice(0, 16).replace('T', ' ')}</time>`;
}

/** A sentence with the times in it shown as `when` does. */
export function withTimes(text: string): readonly (string | Html)[] {
  const parts = text.split(/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/);
  return parts.map((part, at) => (at % 2 === 1 ? when(part) : part));
}
