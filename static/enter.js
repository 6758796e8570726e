// Keeps the token that this browser is let in with, and goes on to the page.

import { keep } from "./token.js";

try {
  keep(document.querySelector('meta[name="groupshare-token"]').content);
  location.replace("/");
} catch {
  document.querySelector("#not-kept").hidden = false;
}
