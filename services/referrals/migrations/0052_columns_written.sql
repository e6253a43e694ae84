-- migrate:up

-- The service writes these three with the states from which they are read. Generated, they have PostgreSQL read a state
-- up to six times for each row.
ALTER TABLE papers ALTER COLUMN old_reference DROP EXPRESSION, ALTER COLUMN left_by DROP EXPRESSION;
ALTER TABLE person ALTER COLUMN born DROP EXPRESSION;

-- For a process of the version before, which may still be running: it does not know that it has to write them. Changes
-- are few, and always looked at; most new papers have neither.
CREATE FUNCTION papers_columns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.old_reference := NEW.state -> 'papers' ->> 'old_reference';
    NEW.left_by := NEW.state -> 'left' -> -1 -> 'referral' ->> 'urn';
    RETURN NEW;
END
$$;
CREATE TRIGGER papers_columns_of_new BEFORE INSERT ON papers FOR EACH ROW
    WHEN (NEW.old_reference IS NULL AND NEW.left_by IS NULL
          AND (position('"old_reference":"' IN NEW.state::text) > 0 OR position('"left":[{' IN NEW.state::text) > 0))
    EXECUTE FUNCTION papers_columns();
CREATE TRIGGER papers_columns_of_changed BEFORE UPDATE ON papers FOR EACH ROW EXECUTE FUNCTION papers_columns();

CREATE FUNCTION person_columns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.born := NEW.state -> 'details' ->> 'born';
    RETURN NEW;
END
$$;
CREATE TRIGGER person_columns_of_new BEFORE INSERT ON person FOR EACH ROW
    WHEN (NEW.born IS NULL AND position('"born":"' IN NEW.state::text) > 0) EXECUTE FUNCTION person_columns();
CREATE TRIGGER person_columns_of_changed BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION person_columns();

-- migrate:down

DROP TRIGGER person_columns_of_changed ON person;
DROP TRIGGER person_columns_of_new ON person;
DROP FUNCTION person_columns;
DROP TRIGGER papers_columns_of_changed ON papers;
DROP TRIGGER papers_columns_of_new ON papers;
DROP FUNCTION papers_columns;
DROP INDEX person_alike, person_by_birth, papers_by_former_school, papers_by_old_reference;
ALTER TABLE person DROP COLUMN born;
ALTER TABLE person ADD COLUMN born text GENERATED ALWAYS AS (state -> 'details' ->> 'born') STORED;
ALTER TABLE papers DROP COLUMN old_reference, DROP COLUMN left_by;
ALTER TABLE papers
    ADD COLUMN old_reference text GENERATED ALWAYS AS (state -> 'papers' ->> 'old_reference') STORED,
    ADD COLUMN left_by text GENERATED ALWAYS AS (state -> 'left' -> -1 -> 'referral' ->> 'urn') STORED;
CREATE INDEX papers_by_old_reference ON papers (lower(old_reference)) WHERE old_reference IS NOT NULL;
CREATE INDEX papers_by_former_school ON papers (left_by) WHERE left_by IS NOT NULL;
CREATE INDEX person_by_birth ON person (born) WHERE born IS NOT NULL;
CREATE INDEX person_alike ON person (born, likeness) WHERE likeness <> '';
