const visible = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** The text, or the empty text where a reader would see nothing of it: spaces, zero-width characters, fillers. */
export function visibleText(text = ''): string {
  return visible.test(text) ? text : '';
}
