import ignore, { type Ignore } from "ignore";

/** Left out of every share, in gitignore syntax, unless the rule file of the share's own folder takes one back. */
const DEFAULTS = [
  ".git",
  "node_modules",
  "*.groupshare-part",
  "Thumbs.db",
  "ehthumbs.db",
  "desktop.ini",
  ".DS_Store",
  ".thumbnails",
  ".Trash-*",
  "$RECYCLE.BIN",
  "System Volume Information",
  "lost+found",
];
/** Left out of a share that does not offer hidden files. */
const HIDDEN = ".*";

const DEFAULT = "default";
/** The library remembers each path that it was asked about: it is made anew before that grows large. */
const ASKED = 10_000;
/** Where rules have "**", folders this deep are left out: all ways of passing through them would be tried. */
const DEEPEST = 64;
/** What rules may cost, in milliseconds: at all, and for each path asked about. */
const COST = 1_000;
const COST_EACH = 0.5;
/** Rules that hold in one folder, from all rule files above it. */
const MOST = 4_000;

/** How the system that this runs on compares names. */
const ignoreCase = process.platform === "win32" || process.platform === "darwin";

/**
 * What holds in one folder and all below: the rules of all folders above and its own, as one list in which the last
 * one that fits decides. So a deeper rule wins over a higher one, as with git.
 */
export class RuleSet {
  /** What this one adds to; null for the defaults. */
  readonly base: RuleSet | null;
  /** Of the rule file that it was made from. */
  readonly signature: string;
  /** Why its rules cannot be told. Then everything is left out: what they are to hide must not show. */
  broken: string | null;
  /** Whether a folder may be judged in another way than a file of its name. */
  readonly tellsKinds: boolean;
  readonly #rules: Ignore;
  /** Rules of rule files. */
  readonly count: number;
  /** Whether a rule has "**". */
  readonly deep: boolean;
  /** The set of the share's own folder, whose rules alone take back a default one; null for itself and the defaults. */
  readonly #own: RuleSet | null;
  #matcher: Ignore;
  #asked = 0;
  #spent = 0;

  private constructor(
    base: RuleSet | null,
    own: RuleSet | null,
    rules: Ignore,
    lines: readonly string[],
    signature: string,
    broken: string | null,
  ) {
    this.base = base;
    this.signature = signature;
    this.#own = own;
    this.#rules = rules;
    this.#matcher = rules;
    this.count = (base?.count ?? 0) + lines.length;
    this.broken = broken ?? (this.count > MOST ? `more than ${MOST} rules hold in one folder` : null);
    this.tellsKinds = (base?.tellsKinds ?? false) || lines.some((line) => line.trimEnd().endsWith("/"));
    this.deep = (base?.deep ?? false) || lines.some((line) => line.includes("**"));
  }

  /** What holds where no file says anything. */
  static defaults(hidden: boolean): RuleSet {
    const patterns = hidden ? DEFAULTS : [HIDDEN, ...DEFAULTS];
    const rules = ignore().add(patterns.map((pattern) => ({ pattern, mark: DEFAULT })));
    return new RuleSet(null, null, rules, [], "", null);
  }

  /** With the lines of the rule file in `folder`, "" for the share's own, which comes first of all. */
  with(folder: string, lines: readonly string[], signature: string, broken: string | null): RuleSet {
    const own = folder === "" ? null : (this.#own ?? this);
    const below = lines.flatMap((line) => patternBelow(folder, line) ?? []);
    const rules = ignore({ ignoreCase })
      .add(this.#rules)
      .add(below.map((pattern) => ({ pattern })));
    return new RuleSet(this, own, rules, below, signature, broken ?? this.broken);
  }

  /** Whether a path below the share is left out, given that the folder which it is in is not. */
  ignores(path: string, folder: boolean): boolean {
    if (this.broken !== null) return true;
    if (this.deep && path.split("/").length > DEEPEST) return true;
    if (this.#asked % ASKED === 0) this.#matcher = ignore().add(this.#rules);
    const began = performance.now();
    this.#asked += 1;
    try {
      return this.#judge(folder ? `${path}/` : path);
    } catch (thrown) {
      // What the library throws of a path says nothing of others; a rule that makes no regular expression fits none.
      if (thrown instanceof SyntaxError) this.broken = "the rules cannot be understood";
      return true;
    } finally {
      this.#spent += performance.now() - began;
      if (this.#spent > COST + this.#asked * COST_EACH) this.broken = "the rules take too long to tell";
    }
  }

  #judge(path: string): boolean {
    const verdict = this.#matcher.test(path);
    if (!verdict.unignored || this.#own === null) return verdict.ignored;
    const own = this.#own.#rules.test(path);
    return own.ignored && own.rule?.mark === DEFAULT;
  }
}

/** A line of a rule file in `folder` as a pattern of the share's own folder; null where it says nothing. */
function patternBelow(folder: string, line: string): string | null {
  const negative = line.startsWith("!");
  const pattern = withoutEnd(negative ? line.slice(1) : line);
  if (pattern === "" || /^\/+$/.test(pattern)) return null;
  if (folder === "") return negative ? `!${pattern}` : pattern;
  const above = folder.replaceAll(/[\\*?[\]]/g, "\\$&");
  const anchored = pattern.slice(0, -1).includes("/");
  const rest = pattern.startsWith("/") ? pattern : anchored ? `/${pattern}` : `/**/${pattern}`;
  return `${negative ? "!" : ""}/${above}${rest}`;
}

/** Without spaces at its end that are not escaped, which mean nothing. */
function withoutEnd(pattern: string): string {
  const end = pattern.replace(/ +$/, "");
  const escapes = end.length - end.replace(/\\+$/, "").length;
  return escapes % 2 === 1 && end.length < pattern.length ? `${end} ` : end;
}
