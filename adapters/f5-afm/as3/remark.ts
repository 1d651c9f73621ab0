/** AS3 takes remarks of 64 characters; only those that mean nothing in JSON, HTML or Tcl are kept. */
export function remark(text: string): string {
  const plain = text.normalize('NFKD').replace(/[^A-Za-z0-9 ./:=,*_+-]+/g, '-');
  return plain.length > 64 ? `${plain.slice(0, 61)}...` : plain;
}
