-- migrate:up

-- The extract's file of links, sent with it: who took over from whom.
ALTER TABLE register_upload ADD COLUMN links bytea;

-- migrate:down

ALTER TABLE register_upload DROP COLUMN links;
