const pieceLength = 64 * 1024;

/** Lines in pieces worth a system call. */
export function* inPieces(lines: Iterable<string>): Iterable<string> {
  let piece: string[] = [];
  let length = 0;
  for (const line of lines) {
    piece.push(line);
    length += line.length;
    if (length < pieceLength) continue;
    yield piece.join('');
    piece = [];
    length = 0;
  }
  if (length > 0) yield piece.join('');
}
