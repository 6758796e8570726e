import type { GroupShareError } from "../../shared/errors.ts";
import { LIMITS } from "../../shared/limits.ts";
import type { Web } from "../context.ts";
import { errorsTo, Icon, Name } from "./parts.tsx";
import { LogoutButton } from "./shell.tsx";
import { ErrorNotice } from "./states.tsx";

/** In a group, but not able to go on in it: why, and what to do. Out of it for good, it can be forgotten from here. */
export function Stopped({ web, error }: { web: Web; error: GroupShareError }) {
  const removed = error.code === "denied";
  return (
    <main class="start" id="start">
      <header class="start-head">
        <Icon web={web} name="mark" />
        <h1>GroupShare has stopped here</h1>
      </header>
      <ErrorNotice web={web} error={error} stays />
      <p>
        {removed
          ? "Your files and what you have downloaded are as they were. To start or join a group, forget this one first."
          : "Nothing is lost. When that is mended, end GroupShare on this computer and start it again."}
      </p>
      <footer class="start-foot">
        <div id="leave-error" />
        {removed ? (
          <button
            type="button"
            class="small"
            hx-post="/act/leave"
            hx-swap="none"
            hx-disable="this"
            {...errorsTo("#leave-error")}
          >
            Forget the group
          </button>
        ) : null}
        <LogoutButton web={web} class="small" />
      </footer>
    </main>
  );
}

/** Groups whose members announce themselves on the network: a hint whom to ask. */
export function NearbyGroups({ web }: { web: Web }) {
  const groups = new Map(web.needs.nearby().map(({ hash, name }) => [hash, name]));
  if (groups.size === 0) return null;
  return (
    <div class="card">
      <h2>On this network</h2>
      <ul class="points">
        {[...groups.values()].map((name) => (
          <li>
            <Name name={name} class="strong" />: ask a member of it for an invite
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The first run: in no group yet. */
export function Start({ web }: { web: Web }) {
  return (
    <main class="start" id="start" hx-get="/pane/top?group=" hx-trigger="group from:body, refresh from:body">
      <header class="start-head">
        <Icon web={web} name="mark" />
        <h1>Welcome to GroupShare</h1>
        <p>
          A group shares folders straight from its members' computers, without any server. Everyone sees one tree of
          everyone's files, and anyone can get anything.
        </p>
      </header>
      <div class="start-ways">
        <form class="card" hx-post="/act/join" hx-swap="none" hx-disable="find button" {...errorsTo("#join-error")}>
          <h2>Join a group</h2>
          <p>Somebody in the group sent you an invite. Paste it here.</p>
          <label for="invite">Invite</label>
          <textarea
            id="invite"
            name="invite"
            required
            rows={3}
            maxlength={LIMITS.invite}
            spellcheck={false}
            autocomplete="off"
            placeholder="groupshare:…"
          />
          <div id="join-error" />
          <button type="submit" class="primary">
            <span class="when-idle">Join the group</span>
            <span class="when-busy">Looking for the group…</span>
          </button>
        </form>
        <form class="card" hx-post="/act/start" hx-swap="none" hx-disable="find button" {...errorsTo("#start-error")}>
          <h2>Start a group</h2>
          <p>Give it a name that the people you invite will recognise.</p>
          <label for="group-name">Name of the group</label>
          <input id="group-name" name="name" required maxlength={LIMITS.name} autocomplete="off" placeholder="Family" />
          <div id="start-error" />
          <button type="submit">
            <span class="when-idle">Start the group</span>
            <span class="when-busy">Starting…</span>
          </button>
        </form>
      </div>
      <div id="nearby" hx-get="/pane/nearby" hx-trigger="nearby from:body, refresh from:body" hx-swap="innerMorph">
        <NearbyGroups web={web} />
      </div>
      <footer class="start-foot">
        <LogoutButton web={web} class="small" />
      </footer>
    </main>
  );
}
