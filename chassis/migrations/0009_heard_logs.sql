-- migrate:up

-- Which log each topic's name stood for when it was first read: by Kafka's id. One that was deleted and made anew has
-- another, and the places that were read in the former mean nothing in it.
CREATE TABLE heard_log (
    topic text PRIMARY KEY,
    id    uuid NOT NULL
);

-- migrate:down

DROP TABLE heard_log;
