-- What belongs together: the components of a system that exchange data, as a JSON list
-- of names, and the systems that a system cannot work without. A need may point forward
-- in the same import and around in a circle, so it has no reference.
ALTER TABLE component ADD COLUMN links TEXT NOT NULL DEFAULT '[]';
CREATE TABLE system_need (
  system TEXT NOT NULL,
  needs TEXT NOT NULL,
  PRIMARY KEY (system, needs)
);
CREATE INDEX system_need_needs ON system_need (needs);
