import type { Web } from "../context.ts";
import { Icon } from "./parts.tsx";
import { DATES, filtersOf, KINDS, MAX_TEXT, type Question, SIZES } from "./question.ts";
import { visible } from "./visible.ts";

/**
 * What stands above the files: words to search for, filters, and whether only what this member lacks is shown. It asks
 * while it is typed in; what is asked later takes the place of what is not answered yet (`hx-sync`).
 */
export function SearchForm({ web, question, lacking }: { web: Web; question: Question; lacking: boolean }) {
  const filters = filtersOf(question);
  return (
    // biome-ignore lint/a11y/useSemanticElements: <search> cannot send what is in it
    <form
      id="search"
      class="search"
      role="search"
      aria-label="Everybody's files"
      hx-get="/pane/search"
      hx-trigger="input target:#q delay:180ms, change target:.filter, submit"
      hx-target="#files"
      hx-swap="innerHTML scroll:top"
      hx-indicator="#busy"
      hx-sync="#files:replace"
    >
      <div class="search-words">
        <Icon web={web} name="search" />
        <label class="hidden" for="q">
          Search everybody's files
        </label>
        <input
          id="q"
          name="q"
          type="search"
          value={question.q}
          maxlength={MAX_TEXT}
          placeholder="Search everybody's files"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          enterkeyhint="search"
          aria-keyshortcuts="/"
          aria-controls="files"
        />
      </div>
      <button
        type="button"
        id="filters"
        class="filters"
        aria-expanded={filters > 0 ? "true" : "false"}
        aria-controls="filter-fields"
      >
        <Icon web={web} name="filter" />
        <span class="filters-word">Filters</span>
        <span class="badge" id="filters-count" hidden={filters === 0}>
          {filters}
        </span>
      </button>
      <label class="lacking">
        <input type="checkbox" class="filter" name="lacking" value="1" checked={lacking} />
        Only what I lack
      </label>
      <div class="filter-fields" id="filter-fields" hidden={filters === 0}>
        <Choice name="kind" label="Kind" any="Anything" words={Object.entries(KINDS)} chosen={question.kind} />
        <Choice name="size" label="Size" any="Any size" words={worded(SIZES)} chosen={question.size} />
        <Choice name="date" label="Changed" any="Any time" words={worded(DATES)} chosen={question.date} />
        <div class="filter-field">
          <label for="filter-member">From</label>
          <select
            id="filter-member"
            name="member"
            class="filter"
            hx-get="/pane/search-members"
            hx-trigger="members from:body, refresh from:body"
            hx-swap="innerMorph"
          >
            <MemberChoices web={web} chosen={question.member} />
          </select>
        </div>
      </div>
      <p id="search-count" class="hidden" role="status" />
    </form>
  );
}

/** What `#filter-member` holds: the members whose files may be searched alone. */
export function MemberChoices({ web, chosen }: { web: Web; chosen: string }) {
  const members = web.needs.members({ all: false }).filter(({ id }) => id !== null);
  return (
    <>
      <option value="">Everybody</option>
      {members.map(({ name, wireName, self }) => (
        <option value={wireName} selected={wireName === chosen}>
          {self ? `${visible(name)} (this computer)` : visible(name)}
        </option>
      ))}
    </>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly any: string;
  readonly words: readonly (readonly [string, string])[];
  readonly chosen: string;
}

function Choice({ name, label, any, words, chosen }: ChoiceProps) {
  return (
    <div class="filter-field">
      <label for={`filter-${name}`}>{label}</label>
      <select id={`filter-${name}`} name={name} class="filter">
        <option value="">{any}</option>
        {words.map(([value, text]) => (
          <option value={value} selected={value === chosen}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

const worded = (of: Record<string, { words: string }>): [string, string][] =>
  Object.entries(of).map(([value, { words }]) => [value, words]);
