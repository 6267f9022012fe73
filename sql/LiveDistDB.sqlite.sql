-- LiveDist's own tables in an SQLite database. openStore runs this script each time it opens a database; it may also be
-- run by hand (sqlite3 site.db < LiveDistDB.sqlite.sql), again and again: what exists already is left as it is.
--
-- Where a LiveDistTablesPrefix is configured, openStore puts it in front of every name below. Do the same by hand.

-- One row per transaction that the application committed. SQLite has one writer at a time, so the order of the identity
-- is the order of the commits, and AUTOINCREMENT never gives a number twice: it serves as the sequence-number.
CREATE TABLE IF NOT EXISTS LiveDistLog (
  Sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  -- Milliseconds since 1970 UTC; never less than in the row before, so that a time can be searched by halving.
  AppendedAt INTEGER NOT NULL,
  -- Bytes of this delta-buffer and of those before it, so that the log's size is the difference of two rows.
  BytesThrough INTEGER NOT NULL,
  -- Stands last, so that the columns before it are read without it.
  DeltaBuffer BLOB NOT NULL
) STRICT;

-- The clients of this site, one bit of the 64-bit masks each. LiveDist's servers only read this table.
CREATE TABLE IF NOT EXISTS LiveDistClients (
  ClientId TEXT NOT NULL UNIQUE CHECK (length(ClientId) BETWEEN 1 AND 64),
  BitNumber INTEGER NOT NULL UNIQUE CHECK (BitNumber BETWEEN 0 AND 63),
  IsDisabled INTEGER NOT NULL DEFAULT 0 CHECK (IsDisabled IN (0, 1))
) STRICT;

CREATE TRIGGER IF NOT EXISTS LiveDistClientsFixedClientId
BEFORE UPDATE OF ClientId ON LiveDistClients
WHEN NEW.ClientId IS NOT OLD.ClientId
BEGIN
  SELECT RAISE(ABORT, 'LiveDistClients.ClientId cannot be changed; delete the row and insert another');
END;

CREATE TRIGGER IF NOT EXISTS LiveDistClientsFixedBitNumber
BEFORE UPDATE OF BitNumber ON LiveDistClients
WHEN NEW.BitNumber IS NOT OLD.BitNumber
BEGIN
  SELECT RAISE(ABORT, 'LiveDistClients.BitNumber cannot be changed; delete the row and insert another');
END;

-- The text of every schema that stands in the log or may still come from a client.
CREATE TABLE IF NOT EXISTS LiveDistSchemas (
  SchemaId INTEGER PRIMARY KEY AUTOINCREMENT,
  SchemaName TEXT NOT NULL UNIQUE,
  SchemaText TEXT NOT NULL
) STRICT;

-- What this site remembers of its father and of each of its sons.
CREATE TABLE IF NOT EXISTS LiveDistLinks (
  Peer TEXT NOT NULL PRIMARY KEY,
  State TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The servers of this site that run, as each of them says of itself.
CREATE TABLE IF NOT EXISTS LiveDistServers (
  ServerId TEXT NOT NULL PRIMARY KEY,
  Url TEXT NOT NULL,
  Duty TEXT NOT NULL,
  -- both, or delta or cache where one of the two servers runs alone.
  Kind TEXT NOT NULL,
  Clients INTEGER NOT NULL,
  Sequence INTEGER NOT NULL,
  -- What all servers of the site have to agree about, as JSON.
  Agreed TEXT NOT NULL,
  -- Milliseconds since 1970 UTC.
  SeenAt INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: which of the servers leads, and until when.
CREATE TABLE IF NOT EXISTS LiveDistMaster (
  Name TEXT NOT NULL PRIMARY KEY CHECK (Name = 'master'),
  -- Goes up with every change of hands: whoever comes with an older one leads no longer.
  Token INTEGER NOT NULL,
  ServerId TEXT NOT NULL,
  ExpiresAt INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT OR IGNORE INTO LiveDistMaster (Name, Token, ServerId, ExpiresAt) VALUES ('master', 0, '', 0);

-- What the trimmed part of the log said last of each entity.
CREATE TABLE IF NOT EXISTS LiveDistChanges (
  TechId BLOB NOT NULL PRIMARY KEY CHECK (length(TechId) = 16),
  ClassName TEXT NOT NULL,
  Sequence INTEGER NOT NULL,
  IsDeleted INTEGER NOT NULL CHECK (IsDeleted IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS LiveDistChangesDeleted ON LiveDistChanges (Sequence) WHERE IsDeleted = 1;

-- Single values: the layout of these tables and, from the first openStore on, the log's epoch.
CREATE TABLE IF NOT EXISTS LiveDistState (
  Name TEXT NOT NULL PRIMARY KEY,
  Value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT OR IGNORE INTO LiveDistState (Name, Value) VALUES ('layout', '1');
