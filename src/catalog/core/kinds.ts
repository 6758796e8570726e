/** What people call kinds of files, told by the ends of their names. Append only: the order is that of `kindOf`'s numbers. */
export const FILE_TYPES = ["image", "video", "audio", "document", "archive"] as const;
export type FileType = (typeof FILE_TYPES)[number];

const ENDINGS: Readonly<Record<FileType, string>> = {
  image:
    "jpg jpeg jpe jfif png gif webp avif heic heif bmp tif tiff svg svgz ico psd xcf raw dng cr2 cr3 nef arw orf rw2 raf jxl",
  video: "mp4 m4v mkv webm mov avi mpg mpeg mpe wmv flv ogv ts m2ts mts 3gp 3g2 vob asf divx",
  audio: "mp3 flac ogg oga opus m4a aac wav wma aif aiff alac ape mka mid midi mpc",
  document:
    "pdf txt md rtf doc docx odt ott xls xlsx ods csv tsv ppt pptx odp epub mobi azw3 djvu html htm tex pages numbers key xps ps",
  archive: "zip tar gz tgz bz2 tbz xz txz zst 7z rar lz lzma lz4 cab iso img dmg jar deb rpm apk cpio",
};

const BY_ENDING: ReadonlyMap<string, number> = new Map(
  FILE_TYPES.flatMap((type, number) => ENDINGS[type].split(" ").map((ending) => [ending, number + 1] as const)),
);

/** The type of a file with this folded name, as 1 and its place in `FILE_TYPES`; 0 where it is none of them. */
export function typeOf(folded: string): number {
  const dot = folded.lastIndexOf(".");
  return dot < 1 ? 0 : (BY_ENDING.get(folded.slice(dot + 1)) ?? 0);
}
