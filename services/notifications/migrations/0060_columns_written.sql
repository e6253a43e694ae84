-- migrate:up

-- The service writes it with the state from which it is read. Generated, it has PostgreSQL read the whole state again
-- with each change.
ALTER TABLE story ALTER COLUMN reference DROP EXPRESSION;

-- For a process of the version before, which may still be running: it does not know that it has to write it.
CREATE FUNCTION story_columns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.reference := NEW.state ->> 'reference';
    RETURN NEW;
END
$$;
CREATE TRIGGER story_columns BEFORE INSERT OR UPDATE ON story
    FOR EACH ROW WHEN (NEW.reference IS NULL) EXECUTE FUNCTION story_columns();

-- migrate:down

DROP TRIGGER story_columns ON story;
DROP FUNCTION story_columns;
DROP INDEX story_by_reference;
ALTER TABLE story DROP COLUMN reference;
ALTER TABLE story ADD COLUMN reference text GENERATED ALWAYS AS (state ->> 'reference') STORED;
CREATE INDEX story_by_reference ON story (reference);
