import { encode } from "uqr";
import { GroupShareError } from "../shared/errors.ts";

/** Light modules around a code (ISO/IEC 18004 §6.3.8). Count. */
const QUIET = 4;
/** What fits into the largest code at its lowest correction level, L. Bytes. */
const MOST = 2_953;
/** Black on white whatever the terminal's colours; then back to those. */
const BLACK_ON_WHITE = "\u001b[38;5;16;48;5;231m";
const AS_BEFORE = "\u001b[0m";

/**
 * A text as a QR code of half blocks, two modules to a character. In a terminal dark on light; elsewhere, where colours
 * cannot be said, the blocks are the light modules, for a dark background as most terminals have.
 */
export function terminalQr(text: string, colours: boolean): string {
  if (Buffer.byteLength(text) > MOST) {
    throw new GroupShareError("too-large", "Cannot make a QR code: the text is too long for one");
  }
  const { data, size } = encode(text, { ecc: "L", border: 0 });
  const drawn = (x: number, y: number): boolean => (data[y - QUIET]?.[x - QUIET] === true) === colours;
  const lines: string[] = [];
  for (let y = 0; y < size + 2 * QUIET; y += 2) {
    let line = "";
    for (let x = 0; x < size + 2 * QUIET; x++) {
      const [above, below] = [drawn(x, y), drawn(x, y + 1)];
      line += above ? (below ? "█" : "▀") : below ? "▄" : " ";
    }
    lines.push(colours ? BLACK_ON_WHITE + line + AS_BEFORE : line);
  }
  return lines.join("\n");
}
