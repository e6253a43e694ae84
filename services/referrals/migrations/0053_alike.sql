-- migrate:up

-- One index in place of two: with one of the day of birth alone beside it, statistics decided which one the door walks,
-- and that one holds a town's whole year group.
DROP INDEX person_by_birth, person_alike;
CREATE INDEX person_alike ON person (born, likeness) WHERE born IS NOT NULL;

-- migrate:down

DROP INDEX person_alike;
CREATE INDEX person_alike ON person (born, likeness) WHERE likeness <> '';
CREATE INDEX person_by_birth ON person (born) WHERE born IS NOT NULL;
