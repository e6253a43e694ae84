-- migrate:up

-- What was opened (the page, its dates, a document), and whether by a browser that had the right code: a program that
-- looks through mails opens the page as well, but never with a code.
ALTER TABLE page_view ADD COLUMN what text NOT NULL DEFAULT 'page', ADD COLUMN proved boolean NOT NULL DEFAULT false;

-- migrate:down

ALTER TABLE page_view DROP COLUMN what, DROP COLUMN proved;
