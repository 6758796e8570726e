import mime from "mime";

/** How a file is given to a browser. */
export interface Media {
  readonly type: string;
  /** Whether a browser may show it by itself: nothing that can hold scripts. */
  readonly shown: boolean;
}

/** Types that are text to a person but a program to a browser. */
const ACTIVE = /^(?:text\/html|image\/svg\+xml|application\/xhtml\+xml|(?:text|application)\/xml|.*\+xml)$/;
const TEXT =
  /^(?:text\/.*|application\/(?:json|javascript|ecmascript|x-sh|toml|yaml|sql|x-httpd-php|x-tex|rtf-text|.*\+json)|message\/rfc822)$/;
const SHOWN = /^(?:image|video|audio)\/|^application\/pdf$/;

/** The type of a file by its name. Text of any kind is plain text, so that no page of ours could load it as a script or a style. */
export function mediaOf(name: string): Media {
  const type = mime.getType(name) ?? "application/octet-stream";
  if (ACTIVE.test(type)) return { type: "application/octet-stream", shown: false };
  if (TEXT.test(type)) return { type: "text/plain; charset=utf-8", shown: true };
  return { type, shown: SHOWN.test(type) };
}

/**
 * Policy of a file's own page: an origin of its own and nothing from anywhere. A PDF gets no sandbox, in which
 * browsers refuse to show it; its viewer does not let it reach our page.
 */
export function filePolicy(media: Media): string {
  const alone =
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; frame-ancestors 'none'";
  return media.type === "application/pdf" ? alone : `${alone}; sandbox`;
}
