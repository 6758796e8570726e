import type { Context } from "hono";
import * as z from "zod";
import { spokenId } from "../../shared/member-id.ts";
import { checked, form } from "../api/input.ts";
import type { Env, Web } from "../context.ts";
import type { GenerationsView } from "../needs.ts";
import { Dialog } from "./dialogs.tsx";
import { errorsTo, Icon, idOf, Name, Time } from "./parts.tsx";
import { Notice } from "./states.tsx";
import { visible } from "./visible.ts";

const REMOVE = z.object({ member: z.string().regex(/^[0-9a-f]{64}$/) });

/** `GET /pane/group`: the dialog. */
export function showGroupDialog(c: Context<Env>, web: Web): Response | Promise<Response> {
  return c.html(<GroupDialog web={web} />);
}

/** `GET /pane/group-list`: what changes in it. */
export function showGroupList(c: Context<Env>, web: Web): Response | Promise<Response> {
  return c.html(<Known web={web} />);
}

/** `POST /act/rotate` */
export async function rotate(c: Context<Env>, web: Web): Promise<Response> {
  await web.needs.rotate();
  return c.html(
    <>
      <Known web={web} />
      <Notice web={web}>
        <p>The group has a new secret. Invites of before work no more.</p>
      </Notice>
    </>,
  );
}

/** `POST /act/remove` `member=` member id */
export async function remove(c: Context<Env>, web: Web): Promise<Response> {
  const { member } = checked(REMOVE, Object.fromEntries(await form(c)), "the request");
  const name = web.needs.generations()?.roster.find(({ id }) => id === member)?.name ?? "A member";
  await web.needs.expel(member);
  return c.html(
    <>
      <Known web={web} />
      <Notice web={web}>
        <p>
          <Name name={name} class="strong" /> is not in the group any more.
        </p>
      </Notice>
    </>,
  );
}

/** The group's secret, who is known, who was removed, and what can be done about either. */
function GroupDialog({ web }: { web: Web }) {
  const group = web.needs.group();
  return (
    <Dialog web={web} title="The group and its secret">
      <p>
        Whoever has the secret of <Name name={group?.name ?? ""} class="strong" /> is in. An invite carries it.
      </p>
      {web.needs.generations() === null ? (
        <p class="notice">
          This is a cluster that was joined with its gossip key. It has no generations of secrets: whoever has the key
          is in, nobody can be removed from here, and its key is changed with the tools of the cluster.
        </p>
      ) : (
        <Secrets web={web} />
      )}
    </Dialog>
  );
}

function Secrets({ web }: { web: Web }) {
  return (
    <>
      <section class="share-form" aria-labelledby="rotate-title">
        <h3 id="rotate-title">A new secret</h3>
        <ul class="points">
          <li>Every member gets it by itself, also one that is off now, when it comes back. Nothing is interrupted.</li>
          <li>Nobody can join with an older invite any more. Make new ones for those who are still to come.</li>
          <li>
            It takes nothing from anybody: whoever is a member stays one. Serfs in the group must be given the new key.
          </li>
        </ul>
        <div id="group-error" data-reveal />
        <div class="dialog-actions">
          <button
            type="button"
            hx-post="/act/rotate"
            hx-target="#known"
            hx-swap="innerMorph"
            hx-disable="this"
            hx-confirm="Give the group a new secret? Invites that were made before stop working."
            data-confirm="Make a new secret"
            {...errorsTo("#group-error")}
          >
            Make a new secret
          </button>
        </div>
      </section>
      <section class="share-form" aria-labelledby="known-title">
        <h3 id="known-title">Members that are known</h3>
        <p class="hint">
          One that you remove is out for everybody at once: it sees no list and no file any more, and gets no new
          secret. What it has copied it keeps. It cannot be taken back, but a member may invite its person anew.
        </p>
        <div
          id="known"
          class="share-list"
          hx-get="/pane/group-list"
          hx-trigger="members from:body throttle:1s, refresh from:body"
          hx-swap="innerMorph"
        >
          <Known web={web} />
        </div>
      </section>
    </>
  );
}

/** Those who are known, and those who were removed. */
function Known({ web }: { web: Web }) {
  const known = web.needs.generations();
  if (known === null) return null;
  const { roster, removed } = known;
  const now = web.clock.wall();
  return (
    <>
      {roster.length === 0 ? <p class="hint">Nobody else was here yet.</p> : null}
      <ul class="shares">
        {roster.map((member) => (
          <Member web={web} member={member} now={now} />
        ))}
        {removed.map(({ id, name, at }) => (
          <li class="share" id={idOf("r", id)}>
            <Icon web={web} name="offline" />
            <div class="share-text">
              <Name name={name} class="name strong" />
              <span class="meta">
                <span class="state failed">
                  removed <Time time={at} now={now} />
                </span>
                <SpokenId id={id} />
              </span>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

function Member({ web, member, now }: { web: Web; member: GenerationsView["roster"][number]; now: number }) {
  const { id, name, seen, here } = member;
  return (
    <li class="share" id={idOf("k", id)}>
      <Icon web={web} name="computer" />
      <div class="share-text">
        <Name name={name} class="name strong" />
        <span class="meta">
          {here ? (
            <span class="state alive">here</span>
          ) : (
            <span>
              last here <Time time={seen} now={now} />
            </span>
          )}
          <SpokenId id={id} />
        </span>
      </div>
      <button
        type="button"
        class="quiet"
        hx-post="/act/remove"
        hx-vals={JSON.stringify({ member: id })}
        hx-target="#known"
        hx-swap="innerMorph"
        hx-confirm={`Remove “${visible(name)}” from the group? It is out for everybody at once, and cannot be taken back. What it has copied it keeps.`}
        data-confirm="Remove from the group"
        aria-label={`Remove ${visible(name)} from the group`}
        title="Remove from the group"
        {...errorsTo("#group-error")}
      >
        <Icon web={web} name="trash" />
      </button>
    </li>
  );
}

/** Wrapped, so that what parts it from its neighbour stays outside. */
function SpokenId({ id }: { id: string }) {
  return (
    <span>
      <code title={id}>{spokenId(id)}</code>
    </span>
  );
}
