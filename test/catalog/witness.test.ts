import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "@msgpack/msgpack";
import type { Point } from "../../src/catalog/core/history.ts";
import { Witnesses } from "../../src/catalog/exchange/witness.ts";
import { answer, EPOCH, sealed } from "./forge.ts";
import { file, newIdentity, share, until } from "./support.ts";

/** Order of the group of P-256 (FIPS 186-4 D.1.2.3). */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The other signature that proves the same, which anybody can make: (r, n - s). */
function mirrored(segment: Uint8Array): Uint8Array {
  const fields = decode(segment) as { sig: Uint8Array };
  const s = BigInt(`0x${Buffer.from(fields.sig.subarray(32)).toString("hex")}`);
  const other = Buffer.from((N - s).toString(16).padStart(64, "0"), "hex");
  return encode({ ...fields, sig: new Uint8Array(Buffer.concat([fields.sig.subarray(0, 32), other])) }, SORTED);
}

const SORTED = { sortKeys: true };
const identity = newIdentity();
const WITNESS = "aa".repeat(32);

/** What one who was asked says makes of a list whose second segment, number 2, is `own`. */
async function hears(own: Uint8Array, told: Uint8Array): Promise<Point | "nothing" | "no answer"> {
  let heard: Point | null = null;
  let read = false;
  let unusable = false;
  const witnesses = new Witnesses(
    {
      memberId: identity.id,
      publicKey: identity.publicKey,
      log: {
        debug: () => {
          unusable = true;
        },
        info: () => undefined,
        warn: () => undefined,
        error: () => undefined,
      },
      fetch: async () => ({
        status: 200,
        headers: new Headers(),
        // It does not end by itself.
        body: new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(told),
          cancel: () => {
            read = true;
          },
        }),
      }),
      segmentAt: async (epoch, from) => (epoch === EPOCH && from === 2 ? own : null),
      forked: async (point) => {
        heard = point;
      },
    },
    { epoch: EPOCH, sequence: 1 },
  );
  witnesses.present(new Set([WITNESS]));
  await until("the answer was read", () => read);
  // What follows from it does so without waiting for anything more.
  await new Promise((resolve) => setImmediate(resolve));
  witnesses.stop();
  return heard ?? (unusable ? "no answer" : "nothing");
}

test("own changes that another gives in other bytes are no other history, whatever it says of their number", async () => {
  const own = await sealed(identity, 2, [file("x")]);
  const again = await sealed(identity, 2, [file("x")]);
  const to = Number.MAX_SAFE_INTEGER;
  const tell = (segment: Uint8Array): Uint8Array => answer(identity, [segment], to, { from: 2 });
  assert.notDeepEqual(mirrored(own), own);
  for (const segment of [again, mirrored(own)]) assert.equal(await hears(own, tell(segment)), "nothing");
  const padded = encode({ ...(decode(own) as object), zz: 1 }, SORTED);
  assert.equal(await hears(own, tell(padded)), "no answer");
});

test("other changes under own numbers are another history as far as they are signed, and no further", async () => {
  const own = await sealed(identity, 2, [file("x")]);
  const more = await sealed(identity, 2, [file("y"), file("z")]);
  const tell = (segment: Uint8Array): Uint8Array => answer(identity, [segment], 1e9, { from: 2 });
  assert.deepEqual(await hears(own, tell(more)), { epoch: EPOCH, sequence: 3 });
  assert.deepEqual(await hears(own, tell(mirrored(more))), { epoch: EPOCH, sequence: 3 });
  const forged = await sealed({ ...newIdentity(), id: identity.id }, 2, [share()]);
  assert.equal(await hears(own, tell(forged)), "nothing");
});
