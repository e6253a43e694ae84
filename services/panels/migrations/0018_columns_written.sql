-- migrate:up

-- The service writes it with the state from which it is read. Generated, it has PostgreSQL read the whole state again
-- with each change.
ALTER TABLE placement_case ALTER COLUMN child_id DROP EXPRESSION;

-- For a process of the version before, which may still be running: it does not know that it has to write it.
CREATE FUNCTION placement_case_columns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.child_id := NEW.state ->> 'child_id';
    RETURN NEW;
END
$$;
CREATE TRIGGER placement_case_columns BEFORE INSERT ON placement_case
    FOR EACH ROW WHEN (NEW.child_id IS NULL) EXECUTE FUNCTION placement_case_columns();

-- migrate:down

DROP TRIGGER placement_case_columns ON placement_case;
DROP FUNCTION placement_case_columns;
DROP INDEX placement_case_of_child;
ALTER TABLE placement_case DROP COLUMN child_id;
ALTER TABLE placement_case ADD COLUMN child_id text GENERATED ALWAYS AS (state ->> 'child_id') STORED;
CREATE INDEX placement_case_of_child ON placement_case (child_id);
