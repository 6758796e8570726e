import { encode } from "uqr";

/** Light modules around a code, without which it is not found (ISO/IEC 18004 §6.3.8). Count. */
const QUIET = 4;
/** What fits into the largest code at its lowest correction level, L. Bytes. */
const MOST = 2_953;

/**
 * A text as a QR code, dark on light whatever the page's colours. Level L: it is read off a screen, where nothing is dirty,
 * and every module counts. Nothing where the text is too long for any.
 */
export function QrCode({ text, label }: { text: string; label: string }) {
  if (Buffer.byteLength(text) > MOST) return null;
  const { data, size } = encode(text, { ecc: "L", border: 0 });
  const side = size + 2 * QUIET;
  return (
    <div class="qr" role="img" aria-label={label}>
      <svg viewBox={`0 0 ${side} ${side}`} shape-rendering="crispEdges" aria-hidden="true">
        <path fill="#fff" d={`M0 0h${side}v${side}H0z`} />
        <path fill="#000" d={runs(data)} />
      </svg>
    </div>
  );
}

/** The dark modules, each row's runs as one rectangle. */
function runs(data: readonly (readonly boolean[])[]): string {
  let path = "";
  for (const [y, row] of data.entries()) {
    for (let x = 0; x < row.length; x++) {
      const start = x;
      while (row[x]) x++;
      if (x > start) path += `M${start + QUIET} ${y + QUIET}h${x - start}v1H${start + QUIET}z`;
    }
  }
  return path;
}
