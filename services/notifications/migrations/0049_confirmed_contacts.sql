-- migrate:up

-- A code that confirms a new address or number of somebody, which waits here for it; null where it opens the page.
ALTER TABLE page_code ADD COLUMN confirms text;

-- migrate:down

ALTER TABLE page_code DROP COLUMN confirms;
