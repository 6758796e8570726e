import type { Child } from "hono/jsx";
import type { Web } from "../context.ts";
import { Dialog } from "./dialogs.tsx";
import { counted } from "./format.ts";
import { errorsTo, Name } from "./parts.tsx";

/** Something that can be done, by a button. */
interface Way {
  readonly words: string;
  readonly class: "danger" | "primary";
  readonly post: string;
  /** What is sent, as JSON. */
  readonly values?: string;
}

/** Asks before something is done: what it means, and the ways on, the last of them the likely one. */
function Asking(props: { web: Web; title: string; ways: readonly Way[]; children: Child }) {
  const { web, title, ways, children } = props;
  return (
    <Dialog web={web} title={title}>
      {children}
      <div id="asking-error" />
      <div class="dialog-actions">
        <button type="button" data-close>
          Stay
        </button>
        {ways.map(({ words, class: className, post, values }) => (
          <button
            type="button"
            class={className}
            hx-post={post}
            {...(values === undefined ? {} : { "hx-vals": values })}
            hx-swap="none"
            hx-disable="this"
            {...(className === "primary" ? { "data-focus": true } : {})}
            {...errorsTo("#asking-error")}
          >
            {words}
          </button>
        ))}
      </div>
    </Dialog>
  );
}

/** Asks whether to leave, in plain words. */
export function LeaveDialog({ web }: { web: Web }) {
  const alone = web.needs.members({ all: false }).every((member) => member.self);
  const ways: Way[] = [{ words: "Leave the group", class: "danger", post: "/act/leave" }];
  return (
    <Asking web={web} title="Leave the group?" ways={ways}>
      <p>
        This computer says goodbye to <Name name={web.needs.group()?.name ?? ""} class="strong" />.
      </p>
      <ul class="points">
        <li>Your files disappear from everybody's lists at once. They stay on this computer.</li>
        <li>
          The others' files disappear from yours. What you have downloaded stays, and what others got from you too.
        </li>
        {alone ? (
          <li class="strong">You are the last one here: nobody is left who could invite you back.</li>
        ) : (
          <li>
            To come back you need an invite; the one you joined with still works while a member that it names is here.
          </li>
        )}
      </ul>
    </Asking>
  );
}

/** Asks which browsers to log out. */
export function LogoutDialog({ web }: { web: Web }) {
  const ways: Way[] = [
    { words: "Log out everywhere", class: "danger", post: "/logout", values: '{"everywhere":"1"}' },
    { words: "Log out", class: "primary", post: "/logout" },
  ];
  return (
    <Asking web={web} title="Log out?" ways={ways}>
      <p>
        This browser closes the page in all its tabs. GroupShare goes on running, in the group and with its downloads.
      </p>
      <p class="hint">
        {web.password === null ? "To come back" : "To come back, type the password; or"}, on the computer that runs it,
        type <code>groupshare open</code> in a terminal. Logged in now: {counted(web.sessions.size, "browser")}.
      </p>
    </Asking>
  );
}
