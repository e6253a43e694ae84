-- migrate:up

-- The service writes these two with the state from which they are read. Generated, each of them has PostgreSQL read the
-- whole state again with each change.
ALTER TABLE referral ALTER COLUMN child_id DROP EXPRESSION, ALTER COLUMN follows DROP EXPRESSION;

-- For a process of the version before, which may still be running: it does not know that it has to write them.
CREATE FUNCTION referral_columns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.child_id := NEW.state ->> 'child_id';
    NEW.follows := NEW.state ->> 'follows';
    RETURN NEW;
END
$$;
CREATE TRIGGER referral_columns BEFORE INSERT ON referral
    FOR EACH ROW WHEN (NEW.child_id IS NULL) EXECUTE FUNCTION referral_columns();

-- migrate:down

DROP TRIGGER referral_columns ON referral;
DROP FUNCTION referral_columns;
DROP INDEX referral_follows, referral_by_child;
ALTER TABLE referral DROP COLUMN follows, DROP COLUMN child_id;
ALTER TABLE referral ADD COLUMN child_id text GENERATED ALWAYS AS (state ->> 'child_id') STORED;
ALTER TABLE referral ADD COLUMN follows text GENERATED ALWAYS AS (state ->> 'follows') STORED;
CREATE INDEX referral_by_child ON referral (child_id, received_at);
CREATE INDEX referral_follows ON referral (follows) WHERE follows IS NOT NULL;
