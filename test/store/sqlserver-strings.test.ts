import fc from "fast-check";
import mssql from "mssql";
import { describe, expect, it } from "vitest";
import { SQLSERVER_PARAMETERS_MAX } from "../../src/base/limits.js";
import { adoPairs } from "../../src/store/sqlserver/ado-pairs.js";
import { connectionSettings } from "../../src/store/sqlserver/connection-settings.js";
import { numberedMarkers } from "../../src/store/sqlserver/numbered-markers.js";
import { poolConfig } from "../../src/store/sqlserver/pool-config.js";
import { readBatches } from "../../src/store/sqlserver/run-script.js";
import { fromSqlServer, toSqlServer } from "../../src/store/sqlserver/sqlserver-values.js";
import { statement, withLockTimeout } from "../../src/store/sqlserver/statement.js";

const base = "Server=db;Database=site;User Id=sa;Password=secret";
const basic = { server: "db", database: "site", user: "sa", password: "secret" };

describe("connection strings of SQL Server", () => {
  it.each([
    [base, basic],
    ["data source=db ; Initial  Catalog=site;UID=sa;PWD=secret;;", basic],
    ["SERVER=first;Addr=db;database=site;user=sa;pwd=secret", basic],
    [`Server=db;Database=site;User Id=sa;Password="a;b""c = 'd'"`, { ...basic, password: `a;b"c = 'd'` }],
    [`Server=db;Database=site;User Id=sa;Password='it''s "so"' ;`, { ...basic, password: `it's "so"` }],
    ["Server=db;Database=site;User Id=sa;Password= a=b ", { ...basic, password: "a=b" }],
    ["Server=db;Database=site;User Id=sa;Password=", { ...basic, password: "" }],
    [`${base};Server=tcp:db , 1444`, { ...basic, port: 1444 }],
    [`${base};Server=db\\SQLEXPRESS`, { ...basic, instanceName: "SQLEXPRESS" }],
    [`${base};Server=db\\SQLEXPRESS,1444`, { ...basic, port: 1444 }],
    [`${base};Server=db\\MSSQLSERVER`, basic],
    [`${base};Server=.`, { ...basic, server: "localhost" }],
    [`${base};Server=(local)\\one`, { ...basic, server: "localhost", instanceName: "one" }],
    [`${base};Server=[::1],1433`, { ...basic, server: "::1", port: 1433 }],
    [`${base};User Id=CORP\\ada`, { ...basic, user: "ada", domain: "CORP" }],
    [`${base};Encrypt=no;TrustServerCertificate=Yes`, { ...basic, encrypt: false, trustServerCertificate: true }],
    [`${base};Encrypt=Optional`, { ...basic, encrypt: false }],
    [`${base};Encrypt=Mandatory`, { ...basic, encrypt: true }],
    [
      `${base};Encrypt=Strict;Host Name In Certificate=db.example`,
      { ...basic, encrypt: "strict", certificateName: "db.example" },
    ],
    [`${base};Connect Timeout=5;Command Timeout=60`, { ...basic, connectMsMax: 5_000, requestMsMax: 60_000 }],
    [
      `${base};App=site;WSID=ws;Packet Size=4096;Language=us_english`,
      {
        ...basic,
        applicationName: "site",
        workstationId: "ws",
        packetBytes: 4_096,
        language: "us_english",
      },
    ],
    [`${base};Max Pool Size=20;Min Pool Size=2;Pooling=true`, { ...basic, connectionsMax: 20 }],
    [`${base};MultipleActiveResultSets=true;Persist Security Info=False;Integrated Security=false`, basic],
    [
      `${base};Authentication=Sql Password;ApplicationIntent=ReadWrite;MultiSubnetFailover=true`,
      {
        ...basic,
        isMultiSubnet: true,
      },
    ],
    ["mssql://sa:secret@db/site", basic],
    ["mssql://sa:secret@db:1444/one/site", { ...basic, port: 1444 }],
    ["mssql://sa:secret@db/one/site", { ...basic, instanceName: "one" }],
    [
      "sqlserver://CORP%5Cada:p%40ss%2F@db/my%20site?encrypt=false&Trust%20Server%20Certificate=true",
      {
        server: "db",
        domain: "CORP",
        user: "ada",
        password: "p@ss/",
        database: "my site",
        encrypt: false,
        trustServerCertificate: true,
      },
    ],
  ])("reads %s", (text, settings) => expect(connectionSettings(text)).toEqual(settings));

  it.each([
    ["Database=site;User Id=sa;Password=secret", /names no Server/],
    ["Server=db;User Id=sa;Password=secret", /names no Database/],
    ["Server=db;Database=site;Password=secret", /names no User Id/],
    [`${base};Colour=secret`, /unknown key, "Colour"/],
    [`${base};secret`, /pair 5 .* key=value/],
    [`${base};=secret`, /pair 5/],
    [`${base};Password="secret`, /quoted value of Password/],
    [`${base};Password='a'secret`, /quoted value of Password/],
    [`${base};Encrypt=perhaps`, /Encrypt has to be true or false/],
    [`${base};Connect Timeout=soon`, /Connect Timeout has to be a whole number/],
    [`${base};Max Pool Size=0`, /at least 1/],
    [`${base};Server=db,http`, /port/],
    [`${base};Server=db,70000`, /port/],
    [`${base};Server=np:\\\\db\\pipe\\sql\\query`, /only TCP/],
    [`${base};Server=(localdb)\\x`, /only TCP/],
    [`${base};Integrated Security=SSPI`, /give User Id and Password/],
    [`${base};Trusted_Connection=yes`, /give User Id and Password/],
    [`${base};Authentication=Active Directory Interactive`, /Authentication can only be/],
    [`${base};ApplicationIntent=ReadOnly`, /can only be ReadWrite/],
    ["mssql://sa:secret@db/a/b/c", /path/],
    ["mssql://sa:sec%ret@db/site", /two hexadecimal digits/],
    ["mssql://sa:sec ret@:x/site", /valid URL/],
    ["mssql://sa:secret@db/site?colour=red", /unknown key, "colour"/],
  ])("refuses %s", (text, pattern) => {
    expect(() => connectionSettings(text)).toThrow(expect.objectContaining({ code: "Config" }));
    expect(() => connectionSettings(text)).toThrow(pattern);
    expect(() => connectionSettings(text)).not.toThrow(/secret/);
  });

  it("gives every value back that is written in quotes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.constantFrom('"', "'"), (value, quote) => {
        const written = quote + value.replaceAll(quote, quote + quote) + quote;
        expect(adoPairs(`a==b = ${written} ;Last=1`)).toEqual([
          { key: "a=b", name: "a=b", value },
          { key: "last", name: "Last", value: "1" },
        ]);
      }),
    );
  });

  it("encrypts unless told otherwise, and trusts no certificate of itself", () => {
    expect(poolConfig(connectionSettings(base), 3)).toMatchObject({
      server: "db",
      pool: { max: 3 },
      options: { encrypt: true, trustServerCertificate: false },
    });
    const strict = poolConfig(connectionSettings(`${base};Encrypt=Strict`), 1);
    expect(strict.options!.encrypt).toBe("strict");
    // A configuration that mssql itself takes.
    expect(() => new mssql.ConnectionPool(strict)).not.toThrow();
  });
});

describe("statements for SQL Server", () => {
  it("have numbered markers in the place of question marks, but for those in texts, names and comments", () => {
    const sql = "SELECT '?''?', \"?\", [?]]?] /* ? /* ? */ ? */ , ? -- ?\n, a-?/? FROM b WHERE c = ?";
    expect(statement(sql, [1, 2, 3, 4]).text).toBe(
      "SELECT '?''?', \"?\", [?]]?] /* ? /* ? */ ? */ , @p1 -- ?\n, a-@p2/@p3 FROM b WHERE c = @p4",
    );
  });

  it("have a literal in the place of null and of no bytes, which no type fits everywhere", () => {
    const { text, inputs } = statement("UPDATE a SET b = ?, c = ?, d = ? WHERE e = ?", [
      1,
      null,
      new Uint8Array(),
      "x",
    ]);
    expect(text).toBe("UPDATE a SET b = @p1, c = NULL, d = 0x WHERE e = @p4");
    expect(inputs.map(({ name }) => name)).toEqual(["p1", "p4"]);
  });

  it("are refused where the number of parameters is another, or too large", () => {
    expect(() => statement("SELECT ?", [])).toThrow(/1 markers for 0 parameters/);
    expect(() => statement("SELECT 1", [1])).toThrow(/0 markers for 1/);
    const many = new Array<number>(SQLSERVER_PARAMETERS_MAX + 1).fill(1);
    const sql = (count: number) => `SELECT ${new Array<string>(count).fill("?").join(" + ")}`;
    expect(() => statement(sql(many.length), many)).toThrow(expect.objectContaining({ code: "Limit" }));
    expect(statement(sql(many.length - 1), many.slice(1)).inputs).toHaveLength(SQLSERVER_PARAMETERS_MAX);
  });

  it("wait for locks no longer than they may, but for those that have to stand first", () => {
    expect(withLockTimeout(statement(" select 1"), 99.5).text).toBe("SET LOCK_TIMEOUT 99;  select 1");
    expect(withLockTimeout(statement("CREATE VIEW a AS SELECT 1 AS b"), 99).text).toBe(
      "CREATE VIEW a AS SELECT 1 AS b",
    );
  });

  it("keep texts whole whatever stands between the markers", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("'", '"', "[", "]", "-", "/", "*", "\n", "a", " ") }), (text) => {
        expect(numberedMarkers(text, [])).toBe(text);
      }),
    );
  });
});

describe("values for SQL Server", () => {
  it.each([
    [0, "INT"],
    [-(2 ** 31), "INT"],
    [2 ** 31, "BIGINT"],
    [Number.MAX_SAFE_INTEGER, "BIGINT"],
    [-0, "FLOAT"],
    [2 ** 60, "FLOAT"],
    [0.5, "FLOAT"],
    [1n, "BIGINT"],
    ["x".repeat(4_000), "NVARCHAR(4000)"],
    ["x".repeat(4_001), "NVARCHAR(MAX)"],
    [Uint8Array.of(1), "VARBINARY(8000)"],
    [new Uint8Array(8_001), "VARBINARY(MAX)"],
  ])("%s is sent as %s", (value, declaration) => expect(toSqlServer(value).declaration).toBe(declaration));

  it("come back as those of every driver", () => {
    const columns = [
      { name: "small", type: mssql.BigInt },
      { name: "large", type: mssql.BigInt },
      { name: "yes", type: mssql.Bit },
      { name: "moment", type: mssql.DateTime2 },
      { name: "bytes", type: mssql.VarBinary },
      { name: "text", type: mssql.NVarChar },
      { name: "nothing", type: mssql.BigInt },
    ];
    const [row] = fromSqlServer(columns, [
      ["9007199254740991", "9223372036854775807", true, new Date(5), Buffer.from([1, 2]), "é😀", null],
    ]);
    expect(row).toEqual({
      small: Number.MAX_SAFE_INTEGER,
      large: 2n ** 63n - 1n,
      yes: 1,
      moment: 5,
      bytes: Uint8Array.of(1, 2),
      text: "é😀",
      nothing: null,
    });
    expect(row!["bytes"]!.constructor).toBe(Uint8Array);
  });
});

describe("the script for SQL Server", () => {
  it("has the prefix in front of every name, and no GO in its batches", async () => {
    const batches = await readBatches("site2_");
    for (const batch of batches) {
      expect(batch).not.toMatch(/(?<!site2_)\bLiveDist(?=[A-Z](?!B\b))/);
      expect(batch).not.toMatch(/^\s*GO\s*$/m);
    }
    expect((await readBatches("")).join("").replaceAll(/\bLiveDist(?=[A-Z])/g, "site2_LiveDist")).toBe(
      batches.join(""),
    );
  });
});
