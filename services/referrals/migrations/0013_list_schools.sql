-- migrate:up

-- Of which schools the right rows of a list are: whoever loses one of them no longer sees the list.
ALTER TABLE upload ADD COLUMN urns text[] NOT NULL DEFAULT '{}';

-- migrate:down

ALTER TABLE upload DROP COLUMN urns;
