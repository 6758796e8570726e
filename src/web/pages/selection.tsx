import type { Web } from "../context.ts";
import { Icon } from "./parts.tsx";

/** What can be done with the rows that are selected; `static/list.js` shows it while there are some. */
export function Selection({ web }: { web: Web }) {
  return (
    <div class="selection" id="selection" hidden>
      <output id="selected">0 selected</output>
      <button
        type="button"
        class="primary small"
        hx-post="/act/get"
        hx-include="#files .pick:checked"
        hx-swap="none"
        data-unselect
      >
        <Icon web={web} name="get" />
        Get
      </button>
      <button type="button" class="small" data-select="all">
        Select all
      </button>
      <button type="button" class="small" data-select="none">
        Clear
      </button>
    </div>
  );
}
