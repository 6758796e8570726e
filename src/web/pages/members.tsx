import { spokenId } from "../../shared/member-id.ts";
import type { Web } from "../context.ts";
import type { MemberView } from "../needs.ts";
import { bytes, counted, roundTrip, when } from "./format.ts";
import { Icon, idOf, Name, opens } from "./parts.tsx";
import { Empty } from "./states.tsx";

/** The states in people's words. */
const WORDS = {
  alive: "here",
  suspect: "not answering",
  dead: "gone",
  left: "left",
} as const satisfies Record<MemberView["state"], string>;

/** Why its files are not shown, in people's words. */
const REFUSED = {
  "too-many-entries": "its list is too long for this computer: its folders are asked for when opened, and not searched",
  damaged: "its list is damaged",
} as const satisfies Record<NonNullable<MemberView["refused"]>, string>;

/** The members of the group, this computer first. */
export function Members({ web }: { web: Web }) {
  const members = [...web.needs.members({ all: false })].sort(
    (a, b) => Number(b.self) - Number(a.self) || a.name.localeCompare(b.name) || (a.wireName < b.wireName ? -1 : 1),
  );
  return (
    <>
      <ul class="members">
        {members.map((member) => (
          <Member member={member} now={web.clock.wall()} />
        ))}
      </ul>
      {members.every((member) => member.self) ? (
        <Empty web={web} icon="group" title="Nobody else is here">
          <p>The group lives as long as one member does. Invite somebody to share with.</p>
          <button type="button" hx-get="/pane/invite" hx-target="#dialog">
            <Icon web={web} name="invite" />
            Invite
          </button>
        </Empty>
      ) : null}
    </>
  );
}

function Member({ member, now }: { member: MemberView; now: number }) {
  const { id, state } = member;
  const since = when(member.since, now);
  const about = (
    <>
      <span class={`dot ${state}`} />
      <span class="member-text">
        <span class="member-name">
          <Name name={member.name} />
        </span>
        <span class="meta">
          <span class={`state ${state}`} title={`${state}, since ${since.full}`}>
            {WORDS[state]}
          </span>
          {member.self ? <span>this computer</span> : null}
          {member.self || member.since === 0 ? null : <time datetime={since.iso}>since {since.short}</time>}
          {member.rttMs === null || member.self ? null : <span title="round trip">{roundTrip(member.rttMs)}</span>}
        </span>
        <span class="meta">
          {id === null ? null : <span>{counted(member.files, "file")}</span>}
          {id === null ? <span>no GroupShare</span> : <span>{bytes(member.bytes)}</span>}
        </span>
        {member.refused === undefined ? null : (
          <span class="meta">
            <span class="state waiting">{REFUSED[member.refused]}</span>
          </span>
        )}
      </span>
    </>
  );
  return (
    <li
      id={idOf("m", member.wireName)}
      title={[
        id === null ? "" : `id ${spokenId(id)}`,
        member.address,
        member.version,
        `incarnation ${member.incarnation}`,
      ]
        .filter(Boolean)
        .join(" · ")}
    >
      {id === null ? (
        <div class="member">{about}</div>
      ) : (
        <a class="member" {...opens(member.wireName)}>
          {about}
        </a>
      )}
    </li>
  );
}
