/** "GSix": tells an image of ours from any other SQLite file. */
export const APPLICATION_ID = 0x47536978;

const FIRST = `
-- One list of one member. Live: what is shown while the member is here. Not live: a whole list of a new epoch that is
-- still being collected beside the live one. Where a list stands (epoch, sequence) is what ties the image of this store
-- to the journals: whatever they have beyond it is applied again at start.
CREATE TABLE list (
  id       INTEGER PRIMARY KEY,
  member   TEXT    NOT NULL,  -- member id, 64 hex digits
  epoch    TEXT    NOT NULL,  -- 16 hex digits
  sequence INTEGER NOT NULL,  -- number of the last change that was applied
  live     INTEGER NOT NULL,
  changes  INTEGER NOT NULL,  -- changes applied in this epoch
  peak     INTEGER NOT NULL   -- the most entries it ever had in this epoch
);
CREATE UNIQUE INDEX list_member ON list (member, live);

-- A share of a list. Of a share that was dropped, or whose list was, list is 0; its entries are deleted piece by
-- piece when nothing else is to do, and belong to nobody meanwhile.
CREATE TABLE share (
  id      INTEGER PRIMARY KEY,
  list    INTEGER NOT NULL,
  share   TEXT    NOT NULL,   -- share id, 16 hex digits
  name    TEXT    NOT NULL,
  online  INTEGER NOT NULL,
  root    INTEGER NOT NULL,   -- the entry of its own folder
  entries INTEGER NOT NULL    -- files and folders, its own folder among them
);
CREATE UNIQUE INDEX share_place ON share (list, share) WHERE list > 0;

-- A file or folder. A tree by parent: a path is found component by component, a subtree moves or goes as one.
-- Names compare by their UTF-8 bytes (BINARY collation). Of a folder, files and size are those of all files below it,
-- kept with every batch; mtime is 0 until the folder's own entry comes.
CREATE TABLE entry (
  id     INTEGER PRIMARY KEY,
  share  INTEGER NOT NULL,
  parent INTEGER NOT NULL,    -- 0 for a share's own folder
  kind   INTEGER NOT NULL,    -- 0 folder, 1 file
  name   TEXT    NOT NULL,
  size   INTEGER NOT NULL,
  mtime  INTEGER NOT NULL,    -- milliseconds since 1970
  files  INTEGER NOT NULL,    -- 1 for a file
  root   BLOB,                -- of the content, 32 bytes
  inode  TEXT,                -- own files only: dev:ino
  ctime  INTEGER              -- own files only: milliseconds since 1970
);
-- Finds a name in a folder, goes through a folder by bytes (folders first), finds all entries of a share.
CREATE UNIQUE INDEX entry_place ON entry (share, parent, kind, name);
-- Finds who holds a content, share by share.
CREATE INDEX entry_content ON entry (root, share) WHERE root IS NOT NULL;
`;

const SEEN = `
-- When the member of a list was last here, milliseconds since 1970, by this machine's clock; 0 where that was not noted.
-- A list is dropped when that is long ago.
ALTER TABLE list ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
`;

/**
 * What makes a store of the version before one of the next: the first one, from nothing. Append only. An image of a newer
 * version is not read, but made again from the journals.
 */
export const MIGRATIONS: readonly string[] = [FIRST, SEEN];
