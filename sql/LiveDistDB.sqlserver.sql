-- LiveDist's own tables in a SQL Server database (2016 or later) or on Babelfish for PostgreSQL. openStore runs this script
-- each time it opens a database; it may also be run by hand (sqlcmd -d site -i LiveDistDB.sqlserver.sql), again and again:
-- what exists already is left as it is. A table is created together with what belongs to it, or not at all.
--
-- Snapshots have to be allowed once for each database: ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON
--
-- Where a LiveDistTablesPrefix is configured, openStore puts it in front of every name below. Do the same by hand.

SET XACT_ABORT ON;

-- One row per transaction that the application committed. The order of LogId is the order in which rows were appended, not
-- that of their commits. A row is part of the log when it has a Sequence, which it gets after its commit.
IF OBJECT_ID(N'LiveDistLog', N'U') IS NULL
BEGIN
  BEGIN TRANSACTION;
  CREATE TABLE LiveDistLog (
    LogId BIGINT IDENTITY(1, 1) NOT NULL,
    Sequence BIGINT NULL,
    -- Milliseconds since 1970 UTC. Of a row with a Sequence never less than in the row before.
    AppendedAt BIGINT NOT NULL,
    -- Bytes of this delta-buffer and of those before it, so that the log's size is the difference of two rows.
    BytesThrough BIGINT NULL,
    DeltaBuffer VARBINARY(MAX) NOT NULL,
    CONSTRAINT LiveDistLogKey PRIMARY KEY (LogId)
  );
  CREATE INDEX LiveDistLogSequence ON LiveDistLog (Sequence, LogId) INCLUDE (AppendedAt, BytesThrough);
  -- A transaction that appends thousands of rows would lock the table in their place, and keep everyone else waiting.
  ALTER TABLE LiveDistLog SET (LOCK_ESCALATION = DISABLE);
  COMMIT TRANSACTION;
END;

-- One row: who numbers the log, until when, and how far it is numbered. Whoever numbers has locked it. Those who append never
-- touch it.
IF OBJECT_ID(N'LiveDistLease', N'U') IS NULL
BEGIN
  BEGIN TRANSACTION;
  CREATE TABLE LiveDistLease (
    Name NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    -- Goes up with every change of hands: whoever comes with an older one has lost the lease.
    Token BIGINT NOT NULL,
    ExpiresAt DATETIME2(3) NOT NULL,
    -- Of the newest row that was ever numbered, though it may have been trimmed.
    LastSequence BIGINT NOT NULL,
    AppendedAt BIGINT NOT NULL,
    BytesThrough BIGINT NOT NULL,
    CONSTRAINT LiveDistLeaseKey PRIMARY KEY (Name)
  );
  INSERT INTO LiveDistLease (Name, Token, ExpiresAt, LastSequence, AppendedAt, BytesThrough)
  VALUES (N'log', 0, '2000-01-01T00:00:00', 0, 0, 0);
  COMMIT TRANSACTION;
END;

-- The clients of this site, one bit of the 64-bit masks each. LiveDist's servers only read this table.
IF OBJECT_ID(N'LiveDistClients', N'U') IS NULL
BEGIN
  BEGIN TRANSACTION;
  CREATE TABLE LiveDistClients (
    ClientId NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    BitNumber SMALLINT NOT NULL,
    IsDisabled BIT NOT NULL DEFAULT 0,
    CONSTRAINT LiveDistClientsKey PRIMARY KEY (ClientId),
    CONSTRAINT LiveDistClientsBit UNIQUE (BitNumber),
    CONSTRAINT LiveDistClientsIdRange CHECK (DATALENGTH(ClientId) > 0),
    CONSTRAINT LiveDistClientsBitRange CHECK (BitNumber BETWEEN 0 AND 63)
  );
  -- CREATE TRIGGER has to be a batch of its own. Rows are compared as sets: which new row was which old one is not known.
  -- Blanks at the end of a ClientId count, which = does not see.
  EXECUTE (N'CREATE TRIGGER LiveDistClientsFixed ON LiveDistClients AFTER UPDATE AS
  BEGIN
    SET NOCOUNT ON;
    IF EXISTS (SELECT 1 FROM inserted AS i WHERE NOT EXISTS
        (SELECT 1 FROM deleted AS d WHERE d.ClientId = i.ClientId AND DATALENGTH(d.ClientId) = DATALENGTH(i.ClientId)))
      THROW 50001, N''LiveDistClients.ClientId cannot be changed; delete the row and insert another'', 1;
    IF EXISTS (SELECT 1 FROM inserted AS i WHERE NOT EXISTS
        (SELECT 1 FROM deleted AS d WHERE d.ClientId = i.ClientId AND d.BitNumber = i.BitNumber))
      THROW 50002, N''LiveDistClients.BitNumber cannot be changed; delete the row and insert another'', 1;
  END');
  COMMIT TRANSACTION;
END;

-- The text of every schema that stands in the log or may still come from a client.
IF OBJECT_ID(N'LiveDistSchemas', N'U') IS NULL
  CREATE TABLE LiveDistSchemas (
    SchemaId INT IDENTITY(1, 1) NOT NULL,
    SchemaName NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    SchemaText NVARCHAR(MAX) NOT NULL,
    CONSTRAINT LiveDistSchemasKey PRIMARY KEY (SchemaId),
    CONSTRAINT LiveDistSchemasName UNIQUE (SchemaName)
  );

-- What this site remembers of its father and of each of its sons.
IF OBJECT_ID(N'LiveDistLinks', N'U') IS NULL
  CREATE TABLE LiveDistLinks (
    Peer NVARCHAR(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    State NVARCHAR(MAX) NOT NULL,
    CONSTRAINT LiveDistLinksKey PRIMARY KEY (Peer)
  );

-- The servers of this site that run, as each of them says of itself.
IF OBJECT_ID(N'LiveDistServers', N'U') IS NULL
  CREATE TABLE LiveDistServers (
    ServerId NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    Url NVARCHAR(2000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    Duty NVARCHAR(20) NOT NULL,
    -- both, or delta or cache where one of the two servers runs alone.
    Kind NVARCHAR(20) NOT NULL,
    Clients INT NOT NULL,
    Sequence BIGINT NOT NULL,
    -- What all servers of the site have to agree about, as JSON.
    Agreed NVARCHAR(MAX) NOT NULL,
    -- Milliseconds since 1970 UTC.
    SeenAt BIGINT NOT NULL,
    CONSTRAINT LiveDistServersKey PRIMARY KEY (ServerId)
  );

-- One row: which of the servers leads, and until when.
IF OBJECT_ID(N'LiveDistMaster', N'U') IS NULL
BEGIN
  BEGIN TRANSACTION;
  CREATE TABLE LiveDistMaster (
    Name NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    -- Goes up with every change of hands: whoever comes with an older one leads no longer.
    Token BIGINT NOT NULL,
    ServerId NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    ExpiresAt BIGINT NOT NULL,
    CONSTRAINT LiveDistMasterKey PRIMARY KEY (Name)
  );
  INSERT INTO LiveDistMaster (Name, Token, ServerId, ExpiresAt) VALUES (N'master', 0, N'', 0);
  COMMIT TRANSACTION;
END;

-- What the trimmed part of the log said last of each entity.
IF OBJECT_ID(N'LiveDistChanges', N'U') IS NULL
BEGIN
  BEGIN TRANSACTION;
  CREATE TABLE LiveDistChanges (
    TechId VARBINARY(16) NOT NULL,
    ClassName NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    Sequence BIGINT NOT NULL,
    IsDeleted BIT NOT NULL,
    CONSTRAINT LiveDistChangesKey PRIMARY KEY (TechId),
    CONSTRAINT LiveDistChangesTechIdLength CHECK (DATALENGTH(TechId) = 16)
  );
  CREATE INDEX LiveDistChangesDeleted ON LiveDistChanges (IsDeleted, Sequence, TechId);
  COMMIT TRANSACTION;
END;

-- Single values: the layout of these tables and, from the first openStore on, the log's epoch.
IF OBJECT_ID(N'LiveDistState', N'U') IS NULL
BEGIN
  BEGIN TRANSACTION;
  CREATE TABLE LiveDistState (
    Name NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    Value NVARCHAR(400) NOT NULL,
    CONSTRAINT LiveDistStateKey PRIMARY KEY (Name)
  );
  INSERT INTO LiveDistState (Name, Value) VALUES (N'layout', N'1');
  COMMIT TRANSACTION;
END;
GO
