// The door: goes on to the page where this browser has a token that works, by now.

import { forget, proof, token } from "./token.js";

async function goOn() {
  const held = token();
  if (held === null) return;
  const { ok, status } = await fetch("/pane/logout", { headers: proof(held) });
  if (ok) location.replace("/");
  else if (status === 401 || status === 403) forget(held);
}

goOn().catch(() => undefined);
addEventListener("storage", () => goOn().catch(() => undefined));
