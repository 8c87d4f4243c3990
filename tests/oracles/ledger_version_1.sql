BEGIN TRANSACTION;
CREATE TABLE ledger_events (
	sequence BIGINT NOT NULL, 
	stream VARCHAR(200) NOT NULL, 
	kind VARCHAR(200) NOT NULL, 
	payload TEXT NOT NULL, 
	who TEXT NOT NULL, 
	at VARCHAR(200) NOT NULL, 
	why TEXT NOT NULL, 
	"key" VARCHAR(200) NOT NULL, 
	prev_hash VARCHAR(200) NOT NULL, 
	hash VARCHAR(200) NOT NULL, 
	PRIMARY KEY (sequence), 
	UNIQUE ("key"), 
	UNIQUE (prev_hash)
);
INSERT INTO "ledger_events" VALUES(1,'committee/old','opened','{"case":"note7-battery-2016"}','chair','2026-11-24T00:00:00.000000Z','made at version 1','old:0','0000000000000000000000000000000000000000000000000000000000000000','2eb7a40a2f53b1a87557bd943c0911f8829288ecc32279d1e85ad79cf67ba2db');
INSERT INTO "ledger_events" VALUES(2,'committee/old','ballot_taken','{"answers":{"severity":3},"expert":"e1"}','e1','2026-11-24T00:01:00.000000Z','made at version 1','old:1','2eb7a40a2f53b1a87557bd943c0911f8829288ecc32279d1e85ad79cf67ba2db','4b2ddfa3a33c1ba37b5d462da1cd8c867bbb3ae6e3276e1e4b4b2b07bdbbd664');
INSERT INTO "ledger_events" VALUES(3,'committee/old','closed','{"理由":"完成"}','chair','2026-11-24T00:02:00.000000Z','made at version 1','old:2','4b2ddfa3a33c1ba37b5d462da1cd8c867bbb3ae6e3276e1e4b4b2b07bdbbd664','e95571aa4c55c68a8414241688d6dc49a263b9fb22d75698154689c5a9c10699');
CREATE TABLE ledger_schema (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "ledger_schema" VALUES(1);
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger_events BEGIN SELECT RAISE(ABORT, 'a ledger is only appended to'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger_events BEGIN SELECT RAISE(ABORT, 'a ledger is only appended to'); END;
COMMIT;
