-- migrate:up

-- Links that somebody asked for on the page, rather than such as came with a message: always by e-mail.
ALTER TABLE link ADD COLUMN asked boolean NOT NULL DEFAULT false;

-- migrate:down

ALTER TABLE link DROP COLUMN asked;
