-- migrate:up

-- One placement case per referral. due is its due date, or infinity while its statutory dates are not known.
CREATE TABLE placement_case (
    id          text        PRIMARY KEY,
    version     int         NOT NULL,
    said        int         NOT NULL,
    state       json        NOT NULL,
    referral_id text        NOT NULL,
    panel       text        NOT NULL,
    status      text        NOT NULL CHECK (
        status IN ('incomplete', 'queued', 'listed', 'heard', 'decided', 'deferred', 'withdrawn')
    ),
    due         date        NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX placement_case_queue ON placement_case (panel, status, due, id);
CREATE INDEX placement_case_in_order ON placement_case (due, id);
CREATE UNIQUE INDEX placement_case_of_referral ON placement_case (referral_id);

CREATE TABLE sitting (
    id      text        PRIMARY KEY,
    version int         NOT NULL,
    said    int         NOT NULL,
    state   json        NOT NULL,
    panel   text        NOT NULL,
    status  text        NOT NULL CHECK (status IN ('scheduled', 'confirmed', 'locked', 'held', 'lapsed')),
    sits_on date        NOT NULL,
    sits_at timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX sitting_days ON sitting (sits_on, panel);

-- What other services told, for the co-ordinator's view.
CREATE TABLE child (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE referral_words (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE school (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE told (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
) WITH (fillfactor = 70);

-- migrate:down

DROP TABLE told, school, referral_words, child, sitting, placement_case;
