import type { Web } from "../context.ts";
import type { MemberNews } from "../needs.ts";
import { Dialog } from "./dialogs.tsx";
import { idOf, Name, Time } from "./parts.tsx";
import { Empty } from "./states.tsx";

/** What became of a member, in people's words after its name, and the state that its dot shows. */
const EVENTS = {
  joined: { words: "joined", state: "alive" },
  suspected: { words: "does not answer", state: "suspect" },
  refuted: { words: "answers again", state: "alive" },
  died: { words: "is gone, without a goodbye", state: "dead" },
  left: { words: "left", state: "left" },
  refused: { words: "was refused", state: "dead" },
} as const satisfies Record<MemberNews["event"], { words: string; state: string }>;

/** Who came and went lately. */
export function HistoryDialog({ web }: { web: Web }) {
  return (
    <Dialog web={web} title="Who came and went">
      <div
        id="history"
        hx-get="/pane/history-list"
        hx-trigger="history from:body, refresh from:body"
        hx-swap="innerMorph"
      >
        <History web={web} />
      </div>
    </Dialog>
  );
}

/** What became of members since GroupShare was started here, the newest first. */
export function History({ web }: { web: Web }) {
  const events = web.needs.history();
  if (events.length === 0) {
    return (
      <Empty web={web} icon="history" title="Nothing has happened yet">
        <p>Members that come, go or stop answering are told here, for as long as GroupShare runs on this computer.</p>
      </Empty>
    );
  }
  return (
    <ol class="events">
      {events.map((event) => (
        <Happened event={event} now={web.clock.wall()} />
      ))}
    </ol>
  );
}

function Happened({ event, now }: { event: MemberNews; now: number }) {
  const { words, state } = EVENTS[event.event];
  return (
    <li id={idOf("e", `${event.at} ${event.event} ${event.wireName}`)} class="event" title={event.address}>
      <span class={`dot ${state}`} />
      <span class="event-text">
        {event.self ? <OfItself /> : <Name name={event.name} class="strong" />} {event.self ? null : words}
        {event.why === null ? null : (
          <span class="meta">
            <span>{event.address}</span>
            <span>{event.why}</span>
          </span>
        )}
      </span>
      <Time time={event.at} now={now} />
    </li>
  );
}

/** Of itself a member only hears that others had taken it for gone, which it then denies. */
function OfItself() {
  return <>This computer was not heard by others for a moment</>;
}
